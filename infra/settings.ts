import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { EnrollmentKeyEscrowProps } from './props.ts';

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
      | 'logRetention'
      | 'eventArchiveDays'
      | 'maxConcurrency'
    >
  > {
  issuer?: EnrollmentKeyEscrowProps['issuer'];
  domain?: EnrollmentKeyEscrowProps['domain'];
  custody: CustodySettings;
}

/** What is said as text, by its form. */
export const settingForms = {
  account: /^\d{12}$/,
  region: /^[a-z]{2}(-[a-z]+)+-\d$/,
  organization: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/,
  stage: /^[a-z][a-z0-9-]{1,19}$/,
} as const;

/**
 * What an organization said, and what is usual where it said nothing.
 * @throws RangeError naming what is not well-formed
 */
export function settingsOf(props: EnrollmentKeyEscrowProps): EscrowSettings {
  const { env, organization, stage = 'production', maxConcurrency = 10 } = props;
  const texts = { account: env.account, region: env.region, organization, stage };
  for (const name of ['account', 'region', 'organization', 'stage'] as const) {
    if (!settingForms[name].test(texts[name]))
      throw new RangeError(`${name} must match ${settingForms[name].source}`);
  }
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 2 || maxConcurrency > 1_000) {
    throw new RangeError('maxConcurrency must be a whole number from 2 to 1,000, as Amazon SQS takes it');
  }
  return {
    env,
    organization,
    stage,
    issuer: props.issuer,
    domain: props.domain,
    corsOrigins: props.corsOrigins ?? [],
    alarmEmails: props.alarmEmails ?? [],
    logRetention: props.logRetention ?? RetentionDays.ONE_YEAR,
    eventArchiveDays: props.eventArchiveDays ?? 30,
    maxConcurrency,
    custody: custodyOf(props.custody),
  };
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
