import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnManagedLoginBranding,
  CfnUserPoolGroup,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StandardThreatProtectionMode,
  UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { loopbackPorts } from '#contract/loopback-ports.ts';
import { deployedRoutes } from '#contract/routes.ts';
import type { OidcIssuer } from '../props.ts';

export interface SignInProps {
  stage: string;
  organization: string;
  /** Of the API: what the command line asks tokens for. */
  resource: string;
}

/** Where workflows' roles come from: their tokens have scopes and no groups. */
const scopesOf = 'enrollment-key-escrow';
const workflow = 'enrollment-workflow';

/** A user pool of the organization's: people in groups that are named as their roles, and workflows with a secret each. */
export class SignIn extends Construct {
  readonly pool: UserPool;
  /** The command line: a public client. */
  readonly commandLine: UserPoolClient;
  /** The organization's enrollment workflow: signs in with a secret. */
  readonly workflow: UserPoolClient;
  /** How the functions verify tokens of this pool: JSON for `ESCROW_TOKEN_SETTINGS`. */
  readonly tokenSettings: string;

  constructor(scope: Construct, id: string, { stage, organization, resource }: SignInProps) {
    super(scope, id);
    this.pool = this.makePool(stage);
    for (const groupName of rolesOfPeople()) {
      const description = `Role in the enrollment key escrow: ${groupName}`;
      const { userPoolId } = this.pool;
      new CfnUserPoolGroup(this, `Group-${groupName}`, { userPoolId, groupName, description });
    }
    // The command line names the service by its URL (RFC 8707), which the pool must know.
    this.pool.addResourceServer('Url', { identifier: resource, userPoolResourceServerName: 'API' });
    this.commandLine = this.makeCommandLine();
    this.workflow = this.makeWorkflow();
    this.tokenSettings = Stack.of(this).toJsonString({
      issuer: this.pool.userPoolProviderUrl,
      audience: [this.commandLine.userPoolClientId, this.workflow.userPoolClientId],
      audienceClaim: 'client_id',
      organization: { fixed: organization },
      // What administrators call a person here is what enrollments call the subscriber; a workflow has no such name.
      subjectClaim: ['username', 'sub'],
      rolesClaim: ['cognito:groups', 'scope'],
      roles: {
        ...Object.fromEntries(rolesOfPeople().map((role) => [role, role])),
        [`${scopesOf}/${workflow}`]: workflow,
      },
      groupsClaim: 'cognito:groups',
    });
  }

  private makePool(stage: string): UserPool {
    const pool = new UserPool(this, 'Pool', {
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: true,
      featurePlan: FeaturePlan.PLUS,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 14,
        requireDigits: true,
        requireLowercase: true,
        requireSymbols: true,
        requireUppercase: true,
        tempPasswordValidity: Duration.days(3),
      },
      removalPolicy: RemovalPolicy.RETAIN,
      selfSignUpEnabled: false,
      signInAliases: { username: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
    });
    // Unique in the region, whoever uses it; and the account's number is no secret.
    const domainPrefix = `escrow-${stage}-${Stack.of(this).account}`;
    pool.addDomain('Domain', {
      cognitoDomain: { domainPrefix },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    return pool;
  }

  private makeCommandLine(): UserPoolClient {
    const client = new UserPoolClient(this, 'CommandLine', {
      userPool: this.pool,
      ...tokensFor(Duration.hours(12)),
      generateSecret: false,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID],
        callbackUrls: loopbackPorts.map((port) => `http://127.0.0.1:${port}/callback`),
      },
    });
    // Only this form of the sign-in pages asks somebody who is signed in to prove it again.
    new CfnManagedLoginBranding(this, 'Pages', {
      userPoolId: this.pool.userPoolId,
      clientId: client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    return client;
  }

  private makeWorkflow(): UserPoolClient {
    const scope = new ResourceServerScope({
      scopeName: workflow,
      scopeDescription: 'Requests enrollments in the name of the organization',
    });
    const server = this.pool.addResourceServer('Scopes', { identifier: scopesOf, scopes: [scope] });
    return new UserPoolClient(this, 'Workflow', {
      userPool: this.pool,
      ...tokensFor(Duration.hours(1)),
      generateSecret: true,
      oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(server, scope)] },
    });
  }
}

function tokensFor(refreshTokenValidity: Duration) {
  return {
    accessTokenValidity: Duration.hours(1),
    authFlows: {},
    enableTokenRevocation: true,
    idTokenValidity: Duration.hours(1),
    preventUserExistenceErrors: true,
    refreshTokenValidity,
    supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
  };
}

/** Every role that some route is for. */
function rolesOfPeople(): string[] {
  const roles = deployedRoutes.flatMap(({ roles: some }): readonly string[] =>
    some === 'anyone' ? [] : some,
  );
  return [...new Set(roles)].sort();
}

/** How the functions verify tokens of an issuer of the organization's own: JSON for `ESCROW_TOKEN_SETTINGS`. */
export function tokenSettingsOf(issuer: OidcIssuer, organization: string): string {
  const { url, audience, organizationClaim, roles, ...claims } = issuer;
  return JSON.stringify({
    issuer: url,
    audience,
    ...claims,
    organization: organizationClaim === undefined ? { fixed: organization } : { claim: organizationClaim },
    ...(roles !== undefined && { roles }),
  });
}
