import { randomBytes } from 'node:crypto';
import { KMS } from '@aws-sdk/client-kms';
import type { TestProject } from 'vitest/node';
import { cleanAliases, cleanKeys } from './clean-kms.ts';
import { runPrefix, runTag } from './run.ts';
import { whereTo } from './where-to.ts';

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

function say(text: string): void {
  process.stdout.write(text);
}
