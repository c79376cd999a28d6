import type { KMS } from '@aws-sdk/client-kms';

/** The variables that lead to a stand-in for one service; every service that a test here speaks to has its own. */
const endpointVariables = [
  'AWS_ENDPOINT_URL_KMS',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_EVENTBRIDGE',
  'AWS_ENDPOINT_URL_SQS',
  'AWS_ENDPOINT_URL_SNS',
] as const;

const standIns = '`node_modules/.bin/node test/aws/stand-ins-main.ts` starts and prints (docs/kms.md)';

/**
 * Where the environment leads, to a person.
 * @throws TypeError whose message says what to set, if no region or credentials are set, or if it leads to stand-ins for some
 *   services and to AWS itself for others
 */
export async function whereTo(kms: KMS): Promise<string> {
  const named = endpointVariables.filter((name) => (process.env[name] ?? '') !== '');
  const everywhere = process.env['AWS_ENDPOINT_URL'] ?? '';
  if (named.length > 0 && named.length < endpointVariables.length && everywhere === '') {
    const missing = endpointVariables.filter((name) => !named.includes(name));
    throw new TypeError(
      `${named.join(' and ')} leads to a stand-in, and the rest to AWS itself. Set ${missing.join(' and ')} too, or none ` +
        `of them, for AWS itself; ${standIns} all of them.`,
    );
  }
  try {
    const region = await kms.config.region();
    await kms.config.credentials();
    const endpoints = new Set([...named.map((name) => process.env[name]), everywhere].filter(Boolean));
    return endpoints.size === 0 ? `AWS in ${region}` : `${[...endpoints].join(', ')} as ${region}`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    throw new TypeError(
      `No AWS region or credentials are set (${reason}). Set AWS_REGION, and a profile or credentials, as the AWS SDK ` +
        `reads them; or the variables of the stand-ins, which ${standIns}.`,
      { cause },
    );
  }
}
