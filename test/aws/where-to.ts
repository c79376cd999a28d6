import type { KMS } from '@aws-sdk/client-kms';

/**
 * Where the environment leads, to a person.
 * @throws TypeError if no region or credentials are set, whose message says what to set
 */
export async function whereTo(kms: KMS): Promise<string> {
  try {
    const region = await kms.config.region();
    await kms.config.credentials();
    const endpoint = process.env['AWS_ENDPOINT_URL_KMS'] ?? process.env['AWS_ENDPOINT_URL'];
    return endpoint === undefined ? `AWS in ${region}` : `${endpoint} as ${region}`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    throw new TypeError(
      `No AWS region or credentials are set (${reason}). Set AWS_REGION, and a profile or credentials, as the AWS SDK ` +
        'reads them; or the variables of the stand-in, which `node_modules/.bin/node test/doubles/kms/main.ts --shell` ' +
        'starts and prints (docs/kms.md).',
      { cause },
    );
  }
}
