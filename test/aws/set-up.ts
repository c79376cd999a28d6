import { randomBytes } from 'node:crypto';
import { KMS } from '@aws-sdk/client-kms';
import type { TestProject } from 'vitest/node';
import { cleanAliases, cleanKeys } from './clean-kms.ts';
import { runPrefix, runTag } from './run.ts';

/**
 * Before a run: checks that there is somewhere to run, and says what will be made there. After it, failed or not: removes
 * it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kms = new KMS();
  const where = await whereTo(kms);
  const runId = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  project.provide('runId', runId);
  say(`
Tests of the AWS adapters, run ${runId}, on ${where}.
They make about 150 KMS keys, each with the tag ${runTag}=${runId} and an alias under alias/${runPrefix(runId)}/,
and some 13,000 requests, within minutes: AWS KMS makes 5 keys a second. At a dollar a key and month, billed by the hour, and a few
cents for requests, that is less than 1 USD. All of it is removed at the end: aliases at once, keys after the 7 days that AWS KMS
waits at least, in which they cost nothing. What a killed run leaves has its tag.
`);
  return async () => {
    await cleanAliases(kms, runPrefix(runId));
    const destroyed = await cleanKeys(kms, runId);
    kms.destroy();
    say(`\nRun ${runId} is removed; ${destroyed} of its keys had been left to the end.\n`);
  };
}

async function whereTo(kms: KMS): Promise<string> {
  try {
    const region = await kms.config.region();
    await kms.config.credentials();
    const endpoint = process.env['AWS_ENDPOINT_URL_KMS'] ?? process.env['AWS_ENDPOINT_URL'];
    return endpoint === undefined ? `AWS in ${region}` : `${endpoint} as ${region}`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(
      `No AWS region or credentials are set (${reason}). Set AWS_REGION, and a profile or credentials, as the AWS SDK ` +
        'reads them; or AWS_ENDPOINT_URL_KMS to the stand-in that `node test/doubles/kms/main.ts` starts.',
      { cause },
    );
  }
}

function say(text: string): void {
  process.stdout.write(text);
}
