import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { checkNames } from './known-names.ts';
import type { EnrollmentKeyEscrowProps, ReceiptKey } from './props.ts';

/** Where keys are, with all that can be said of either place. */
export interface CustodySettings {
  kind: 'kms' | 'pkcs11';
  keySource: 'memory' | 'kms';
  module: string;
  label: string;
  ports: { readonly from: number; readonly to: number };
  cidr: string;
  image?: string;
}

/** How the ledgers' segments are kept. */
export interface LedgerSettings {
  /** How long a segment is locked from its writing. */
  retentionDays: number;
  /** A bucket of another account; one is made if absent. */
  bucket?: { readonly name: string; readonly account: string };
}

/** The properties of the construct, with what was left out filled in. */
export interface EscrowSettings
  extends Required<
    Pick<
      EnrollmentKeyEscrowProps,
      | 'env'
      | 'organization'
      | 'stage'
      | 'corsOrigins'
      | 'alarmEmails'
      | 'retiredReceiptKeys'
      | 'logRetention'
      | 'eventArchiveDays'
      | 'maxConcurrency'
    >
  > {
  issuer?: EnrollmentKeyEscrowProps['issuer'];
  domain?: EnrollmentKeyEscrowProps['domain'];
  custody: CustodySettings;
  ledger: LedgerSettings;
}

/** What is said as text: its form, and what to say of it where something else stands there. */
export const settingForms = {
  account: { form: /^\d{12}$/, is: 'the twelve digits of an AWS account' },
  region: { form: /^[a-z]{2}(-[a-z]+)+-\d$/, is: 'a region of AWS, as in eu-central-1' },
  organization: {
    form: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/,
    is: 'an identifier of up to 64 letters, digits, dots, dashes and underscores, as in acme',
  },
  stage: {
    form: /^[a-z][a-z0-9-]{1,19}$/,
    is: '2 to 20 small letters, digits and dashes, with a letter first, as in production',
  },
  custody: { form: /^(kms|pkcs11)$/, is: 'kms or pkcs11' },
  keySource: { form: /^(memory|kms)$/, is: 'memory or kms' },
  issuer: { form: /^https:\/\/[\x21-\x7e]+$/, is: 'the https URL of an OpenID Connect issuer' },
  audience: {
    form: /^[\x21-\x7e]+$/,
    is: 'what the issuer names in access tokens that are meant for this service',
  },
  domain: { form: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, is: 'a domain name, as in escrow.example.org' },
  certificate: {
    form: /^arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate\/[a-z0-9-]+$/,
    is: 'the ARN of the certificate of that domain in AWS Certificate Manager',
  },
  ledgerBucket: {
    form: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    is: 'the name of a bucket, without arn:aws:s3:::',
  },
  ledgerBucketAccount: { form: /^\d{12}$/, is: 'the twelve digits of the account of that bucket' },
  ledgerRetentionDays: {
    form: /^[1-9]\d{0,3}$/,
    is: 'for how many days a segment of the ledger is locked, 1 to 7320',
  },
  alarmEmail: { form: /^[^\s@,]+@[^\s@,]+$/, is: 'an e-mail address' },
} as const;

type SettingName = keyof typeof settingForms;

/**
 * What an organization said, and what is usual where it said nothing.
 * @throws RangeError naming what is missing or not well-formed; apps in JavaScript are held to no types
 */
export function settingsOf(props: EnrollmentKeyEscrowProps): EscrowSettings {
  const { env, organization, stage = 'production', maxConcurrency = 10, eventArchiveDays = 30 } = props;
  checkNames(props);
  checkTexts(props, stage);
  checkLists(props);
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 2 || maxConcurrency > 1_000) {
    throw new RangeError('maxConcurrency must be a whole number from 2 to 1,000, as Amazon SQS takes it');
  }
  if (!Number.isInteger(eventArchiveDays) || eventArchiveDays < 1) {
    throw new RangeError('eventArchiveDays must be a whole number of days, 1 or more');
  }
  return {
    env,
    organization,
    stage,
    issuer: props.issuer,
    domain: props.domain,
    corsOrigins: props.corsOrigins ?? [],
    alarmEmails: props.alarmEmails ?? [],
    retiredReceiptKeys: receiptKeysOf(props.retiredReceiptKeys ?? []),
    logRetention: props.logRetention ?? RetentionDays.ONE_YEAR,
    eventArchiveDays,
    maxConcurrency,
    custody: custodyOf(props.custody),
    ledger: ledgerOf(props),
  };
}

function checkTexts(props: EnrollmentKeyEscrowProps, stage: string): void {
  const { env, organization, issuer, domain, custody } = props;
  check('account', 'env.account', env?.account);
  check('region', 'env.region', env?.region);
  check('organization', 'organization', organization);
  check('stage', 'stage', stage);
  if (issuer !== undefined) {
    check('issuer', 'issuer.url', issuer.url);
    for (const audience of [issuer.audience].flat()) check('audience', 'issuer.audience', audience);
  }
  if (domain !== undefined) {
    check('domain', 'domain.name', domain.name);
    check('certificate', 'domain.certificateArn', domain.certificateArn);
  }
  if (custody !== undefined) check('custody', 'custody.kind', custody.kind);
  if (custody?.kind === 'kms' && custody.keySource !== undefined) {
    check('keySource', 'custody.keySource', custody.keySource);
  }
}

/** So many fit into what a function of AWS Lambda may be told, beside the rest. */
const mostRetiredKeys = 8;

function receiptKeysOf(keys: readonly ReceiptKey[]): ReceiptKey[] {
  const are = Array.isArray(keys) && keys.length <= mostRetiredKeys && keys.every(isReceiptKey);
  if (are) return keys.map(({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid }));
  throw new RangeError(
    `retiredReceiptKeys must be the keys of a jwks.json of the service, ${mostRetiredKeys} or fewer: each with kty EC, crv P-256, x, y and kid`,
  );
}

function isReceiptKey(key: unknown): key is ReceiptKey {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, crv, x, y, kid }: Partial<Record<string, unknown>> = { ...key };
  const isText = (value: unknown) => typeof value === 'string' && /^[\w-]{43}$/.test(value);
  return kty === 'EC' && crv === 'P-256' && [x, y, kid].every(isText);
}

function checkLists({ alarmEmails, corsOrigins }: EnrollmentKeyEscrowProps): void {
  for (const [name, list] of Object.entries({ alarmEmails, corsOrigins })) {
    if (list !== undefined && !Array.isArray(list)) throw new RangeError(`${name} must be a list`);
  }
  for (const email of alarmEmails ?? []) check('alarmEmail', 'alarmEmails', email);
  if (corsOrigins?.every(isOrigin) === false) {
    throw new RangeError(
      'corsOrigins must be origins as browsers send them, as in https://portal.example.org: scheme, host and, where it is not ' +
        'the usual one, port; in small letters, without a path, a slash at the end or *; http for localhost alone',
    );
  }
}

/** Whether it is the origin of pages that nobody on the way could have changed (RFC 6454 section 6.2). */
function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || value.includes('*') || !URL.canParse(value)) return false;
  const { origin, protocol, hostname } = new URL(value);
  return origin === value && (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost'));
}

function check(name: SettingName, property: string, value: unknown): void {
  const { form, is } = settingForms[name];
  // What the CDK knows only when it deploys is text too, and has none of these forms.
  if (typeof value !== 'string' || !form.test(value)) throw new RangeError(`${property} must be ${is}`);
}

/** A lock of COMPLIANCE mode cannot be taken back: so far, and no further. */
const longestRetentionDays = 20 * 366;

function ledgerOf({
  ledgerBucket: bucket,
  ledgerRetentionDays: retentionDays = 1_095,
}: EnrollmentKeyEscrowProps) {
  if (!Number.isInteger(retentionDays) || retentionDays < 1 || retentionDays > longestRetentionDays) {
    throw new RangeError(
      `ledgerRetentionDays must be a whole number of days from 1 to ${longestRetentionDays}`,
    );
  }
  if (bucket === undefined) return { retentionDays };
  check('ledgerBucket', 'ledgerBucket.name', bucket.name);
  check('ledgerBucketAccount', 'ledgerBucket.account', bucket.account);
  return { retentionDays, bucket };
}

function custodyOf(custody: EnrollmentKeyEscrowProps['custody']): CustodySettings {
  const usual: CustodySettings = {
    kind: 'kms',
    keySource: 'memory',
    module: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so',
    label: 'escrow',
    // "Security group" of the AWS CloudHSM user guide.
    ports: { from: 2223, to: 2225 },
    cidr: '10.20.0.0/16',
  };
  const said = Object.entries(custody ?? {}).filter(([, value]) => value !== undefined);
  return { ...usual, ...Object.fromEntries(said) };
}
