import { randomBytes } from 'node:crypto';
import { KMS } from '@aws-sdk/client-kms';
import type { TestProject } from 'vitest/node';
import { dynamoDbPlace } from './dynamodb-place.ts';
import { kmsPlace } from './kms-place.ts';
import { messagesPlace } from './messages-place.ts';
import type { Place } from './place.ts';
import { s3Place } from './s3-place.ts';
import { whereTo } from './where-to.ts';

const places: readonly Place[] = [kmsPlace, dynamoDbPlace, s3Place, messagesPlace];

/**
 * Before a run: checks that there is somewhere to run, and says what will be made there. After it, failed or not: removes
 * it, in every place, also where one of them fails.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kms = new KMS();
  const where = await whereTo(kms);
  kms.destroy();
  const runId = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  project.provide('runId', runId);
  const made = places.map((place) => place.makes(runId)).join('');
  say(
    `\nTests of the AWS adapters, run ${runId}, on ${where}. They make\n${made}\nWhat a killed run leaves has its tag.\n`,
  );
  return async () => {
    const cleaned = await Promise.allSettled(places.map((place) => place.clean?.(runId)));
    const left = cleaned.flatMap((each) => (each.status === 'fulfilled' ? (each.value ?? []) : []));
    const failed = cleaned.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    if (failed.length > 0)
      throw new AggregateError(failed, `of run ${runId} not everything could be removed`);
    say(`\nRun ${runId} is removed; left to the end had been ${left.join(', ')}.\n`);
  };
}

function say(text: string): void {
  process.stdout.write(text);
}
