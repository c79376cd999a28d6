import type { Node } from 'constructs';
import type { EnrollmentKeyEscrowProps, EscrowDomain, OidcIssuer, TokenCustody } from './props.ts';
import { settingForms } from './settings.ts';

/** Values of the context by their form; each may be given by `-c NAME=VALUE`. */
const forms = {
  ...settingForms,
  custody: /^(kms|pkcs11)$/,
  keySource: /^(memory|kms)$/,
  tokenModule: /^\/[\x21-\x7e]+$/,
  tokenLabel: /^[\x20-\x7e]{1,32}$/,
  issuer: /^https:\/\/[\x21-\x7e]+$/,
  audience: /^[\x21-\x7e]+$/,
  domain: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
  certificate: /^arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate\/[a-z0-9-]+$/,
  alarmEmail: /^[^\s@,]+@[^\s@,]+$/,
} as const;

type Name = keyof typeof forms;

/**
 * Reads the deployment from the context of the AWS CDK: `-c region=... -c organization=...`, and what else is said. The account
 * is the one that the CDK finds credentials for. With no account at hand, what `offline` in `cdk.json` says stands in, so that
 * templates can be made and checked anywhere; nothing can be deployed so.
 * @param account the account that the CDK found credentials for, if it found any
 * @throws RangeError naming the value that is missing or not well-formed
 */
export function readDeployment(node: Node, account: string | undefined): EnrollmentKeyEscrowProps {
  const offline: unknown = node.tryGetContext('offline');
  const found = new Map<string, unknown>(isRecord(offline) ? Object.entries(offline) : []);
  const given = optional(node, 'account') ?? account;
  const isOffline = given === undefined || given === found.get('account');
  const read = (name: Name): string => {
    const value = optional(node, name) ?? (isOffline ? found.get(name) : undefined);
    return checked(name, name === 'account' ? (given ?? value) : value);
  };
  return {
    env: { account: read('account'), region: read('region') },
    organization: read('organization'),
    stage: optional(node, 'stage'),
    custody: readCustody(node),
    issuer: readIssuer(node),
    domain: readDomain(node),
    alarmEmails: [optional(node, 'alarmEmail')].filter((email) => email !== undefined),
  };
}

function readCustody(node: Node): TokenCustody | { kind: 'kms'; keySource?: 'memory' | 'kms' } {
  if (optional(node, 'custody') !== 'pkcs11') {
    return { kind: 'kms', keySource: optional(node, 'keySource') === 'kms' ? 'kms' : 'memory' };
  }
  return { kind: 'pkcs11', module: optional(node, 'tokenModule'), label: optional(node, 'tokenLabel') };
}

function readIssuer(node: Node): OidcIssuer | undefined {
  const url = optional(node, 'issuer');
  return url === undefined ? undefined : { url, audience: checked('audience', optional(node, 'audience')) };
}

function readDomain(node: Node): EscrowDomain | undefined {
  const name = optional(node, 'domain');
  if (name === undefined) return undefined;
  return { name, certificateArn: checked('certificate', optional(node, 'certificate')) };
}

function optional(node: Node, name: Name): string | undefined {
  const value: unknown = node.tryGetContext(name);
  return value === undefined ? undefined : checked(name, value);
}

function checked(name: Name, value: unknown): string {
  const form = forms[name];
  if (typeof value === 'string' && form.test(value)) return value;
  throw new RangeError(`set the context value ${name} (-c ${name}=...): it must match ${form.source}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
