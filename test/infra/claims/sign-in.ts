import { describe, expect, it } from 'vitest';
import { loopbackPorts } from '#contract/loopback-ports.ts';
import { deployedRoutes } from '#contract/routes.ts';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { at, type Resource } from '../template.ts';
import type { Parties } from './parties.ts';

/** The user pool that stands where the organization has no issuer of its own. */
export function signInClaims(parties: Parties): void {
  const pool = () => parties.deployed.only(parties.deployed.service, 'AWS::Cognito::UserPool');
  const client = (id: string): Resource =>
    parties.deployed.only(parties.deployed.service, 'AWS::Cognito::UserPoolClient', `SignIn${id}`);
  const settings = () => {
    const variables = at(
      parties.deployed.only(
        parties.deployed.service,
        'AWS::Lambda::Function',
        'FunctionslistenrollmentsFunction',
      ).Properties,
      'Environment',
      'Variables',
    );
    return tokenSettings(JSON.parse(String(at(variables, 'ESCROW_TOKEN_SETTINGS'))));
  };

  describe('the accounts of people', () => {
    it('are made by administrators alone, and take a second factor', () => {
      expect(pool().Properties).toMatchObject({
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        MfaConfiguration: 'ON',
        EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      });
    });

    it('are kept when the stack is deleted, and cannot be deleted all at once', () => {
      expect(pool()).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(pool().Properties['DeletionProtection']).toBe('ACTIVE');
    });

    it('have a group for each role that some route is for', () => {
      const groups = parties.deployed
        .all('AWS::Cognito::UserPoolGroup')
        .map(({ Properties }) => Properties['GroupName']);
      const roles = deployedRoutes.flatMap(({ roles: some }): readonly string[] =>
        some === 'anyone' ? [] : some,
      );
      expect(new Set(groups)).toEqual(new Set(roles));
    });
  });

  describe('the command line', () => {
    it('is a public client, which signs people in by code and PKCE on a port that it listens on', () => {
      expect(client('CommandLine').Properties).toMatchObject({
        GenerateSecret: false,
        AllowedOAuthFlows: ['code'],
        AllowedOAuthScopes: ['openid'],
        CallbackURLs: loopbackPorts.map((port) => `http://127.0.0.1:${port}/callback`),
        PreventUserExistenceErrors: 'ENABLED',
      });
    });

    it('cannot ask for the scope that makes a workflow of a program', () => {
      expect(JSON.stringify(client('CommandLine').Properties)).not.toContain('enrollment-workflow');
    });
  });

  describe('the workflow', () => {
    it('signs in with a secret, for the one scope that is its role', () => {
      const { Properties } = client('Workflow');
      expect(Properties).toMatchObject({ GenerateSecret: true, AllowedOAuthFlows: ['client_credentials'] });
      expect(JSON.stringify(Properties['AllowedOAuthScopes'])).toMatch(/\/enrollment-workflow"\]$/);
    });
  });

  describe('a token', () => {
    it('is taken if one of the two clients got it, and has its role by group or by scope', () => {
      expect(settings()).toMatchObject({
        audienceClaim: 'client_id',
        audience: [expect.stringContaining('CommandLine'), expect.stringContaining('Workflow')],
        rolesClaim: ['cognito:groups', 'scope'],
        groupsClaim: 'cognito:groups',
        roles: {
          administrator: 'administrator',
          'enrollment-key-escrow/enrollment-workflow': 'enrollment-workflow',
        },
      });
    });
  });
}
