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

/** What an organization said, and what is usual where it said nothing. */
export function settingsOf(props: EnrollmentKeyEscrowProps): EscrowSettings {
  return {
    env: props.env,
    organization: props.organization,
    stage: props.stage ?? 'production',
    issuer: props.issuer,
    domain: props.domain,
    corsOrigins: props.corsOrigins ?? [],
    alarmEmails: props.alarmEmails ?? [],
    logRetention: props.logRetention ?? RetentionDays.ONE_YEAR,
    eventArchiveDays: props.eventArchiveDays ?? 30,
    maxConcurrency: props.maxConcurrency ?? 10,
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
