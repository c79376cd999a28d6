import type { Node } from 'constructs';
import type {
  EnrollmentKeyEscrowProps,
  EscrowDomain,
  LedgerBucket,
  OidcIssuer,
  TokenCustody,
} from './props.ts';
import { settingForms } from './settings.ts';

/** Values of the context by their form; each may be given by `-c NAME=VALUE`. */
const forms = {
  ...settingForms,
  retiredReceiptKeys: {
    form: /^\s*\{\s*"keys"\s*:\s*\[[\s\S]*\]\s*\}\s*$/,
    is: "the JSON of the service's jwks.json",
  },
  tokenModule: { form: /^\/[\x21-\x7e]+$/, is: "the path of the token's library in the image" },
  tokenLabel: { form: /^[\x20-\x7e]{1,32}$/, is: "the token's label, of up to 32 characters" },
} as const;

type Name = keyof typeof forms;

/**
 * Reads the deployment from the context of the AWS CDK: `-c region=... -c organization=...`, and what else is said. The account
 * is the one that the CDK finds credentials for. With no account at hand, what `offline` in `cdk.json` says stands in, so that
 * templates can be made and checked anywhere; nothing can be deployed so.
 * @param account the account that the CDK found credentials for, if it found any
 * @throws RangeError naming the value that is missing, not well-formed, of no effect, or that there is not
 */
export function readDeployment(node: Node, account: string | undefined): EnrollmentKeyEscrowProps {
  refuseUnknown(node);
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
    retiredReceiptKeys: readRetiredKeys(node),
    issuer: readIssuer(node),
    domain: readDomain(node),
    ledgerBucket: readLedgerBucket(node),
    ledgerRetentionDays: readDays(node),
    alarmEmails: [optional(node, 'alarmEmail')].filter((email) => email !== undefined),
  };
}

function readCustody(node: Node): TokenCustody | { kind: 'kms'; keySource?: 'memory' | 'kms' } {
  if (optional(node, 'custody') !== 'pkcs11') {
    refuseWithout(node, 'custody=pkcs11', ['tokenModule', 'tokenLabel']);
    return { kind: 'kms', keySource: optional(node, 'keySource') === 'kms' ? 'kms' : 'memory' };
  }
  refuseWithout(node, 'custody=kms', ['keySource']);
  return { kind: 'pkcs11', module: optional(node, 'tokenModule'), label: optional(node, 'tokenLabel') };
}

/** What is in them is checked where they are used. */
function readRetiredKeys(node: Node): EnrollmentKeyEscrowProps['retiredReceiptKeys'] {
  const set = optional(node, 'retiredReceiptKeys');
  if (set === undefined) return undefined;
  try {
    return JSON.parse(set).keys;
  } catch {
    throw new RangeError(
      `the setting retiredReceiptKeys is not JSON: say ${forms.retiredReceiptKeys.is} (docs/deploy.md)`,
    );
  }
}

function readIssuer(node: Node): OidcIssuer | undefined {
  const url = optional(node, 'issuer');
  if (url !== undefined) return { url, audience: checked('audience', optional(node, 'audience')) };
  return refuseWithout(node, 'issuer=...', ['audience']);
}

function readDomain(node: Node): EscrowDomain | undefined {
  const name = optional(node, 'domain');
  if (name === undefined) return refuseWithout(node, 'domain=...', ['certificate']);
  return { name, certificateArn: checked('certificate', optional(node, 'certificate')) };
}

function readLedgerBucket(node: Node): LedgerBucket | undefined {
  const name = optional(node, 'ledgerBucket');
  if (name === undefined) return refuseWithout(node, 'ledgerBucket=...', ['ledgerBucketAccount']);
  return { name, account: checked('ledgerBucketAccount', optional(node, 'ledgerBucketAccount')) };
}

function readDays(node: Node): number | undefined {
  const days = optional(node, 'ledgerRetentionDays');
  return days === undefined ? undefined : Number(days);
}

/** Whoever says what would count for nothing, meant something else. */
function refuseWithout(node: Node, other: string, names: readonly Name[]): undefined {
  const said = names.find((name) => optional(node, name) !== undefined);
  if (said !== undefined) throw new RangeError(`the setting ${said} counts only with -c ${other}`);
  return undefined;
}

/** What the AWS CDK and its tools put into the context under a plain name; all else of theirs has a colon or a slash. */
const notSettings: readonly string[] = ['offline', 'cli-telemetry', 'acknowledged-issue-numbers'];

/** A setting whose name is misspelt would be taken for one that was not given. */
function refuseUnknown(node: Node): void {
  const unknown = Object.keys(node.getAllContext()).find(
    (name) => /^[\w-]+$/.test(name) && !Object.hasOwn(forms, name) && !notSettings.includes(name),
  );
  if (unknown === undefined) return;
  const names = Object.keys(forms).join(', ');
  throw new RangeError(
    `there is no setting ${unknown}: leave it out of -c and of the context in cdk.json, or say one of ${names} (docs/deploy.md)`,
  );
}

function optional(node: Node, name: Name): string | undefined {
  const value: unknown = node.tryGetContext(name);
  return value === undefined ? undefined : checked(name, value);
}

function checked(name: Name, value: unknown): string {
  const { form, is } = forms[name];
  if (typeof value === 'string' && form.test(value)) return value;
  const wrong = value === undefined ? 'is missing' : 'is not well-formed';
  throw new RangeError(`the setting ${name} ${wrong}: say -c ${name}=..., ${is} (docs/deploy.md)`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
