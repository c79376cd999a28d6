import { setTimeout } from 'node:timers/promises';
import { type EnrollmentView, largestBatch } from '#contract/api/enrollments.ts';
import type { Problem } from '#contract/api/problem.ts';
import { routes } from '#contract/routes.ts';
import { fingerprint } from '#crypto/identifiers.ts';
import { ConnectionError } from '#domain/errors.ts';
import type { Client } from '../server/client.ts';
import type { NumberedRequest } from './requests.ts';

/** What became of one request. */
export type Outcome = { request: NumberedRequest } & ({ enrollment: EnrollmentView } | { problem: Problem });

/** A request whose problem may pass is sent again so often, after so long, in milliseconds. */
const mostRounds = 3;
const betweenRounds = 1_000;

/**
 * Sends requests in batches, one batch after another. Sent again, the same requests change nothing.
 * @returns the outcomes of each batch, in the order of the requests
 * @throws what a call throws; what was sent until then stands
 */
export async function* submit(
  client: Client,
  requests: readonly NumberedRequest[],
  size = largestBatch,
): AsyncGenerator<Outcome[]> {
  for (let start = 0; start < requests.length; start += size) {
    yield await submitBatch(client, requests.slice(start, start + size));
  }
}

async function submitBatch(client: Client, batch: readonly NumberedRequest[]): Promise<Outcome[]> {
  let outcomes = await sendBatch(client, batch);
  for (let round = 1; round < mostRounds; round++) {
    const again = outcomes.filter((outcome) => 'problem' in outcome && outcome.problem.retryable);
    if (again.length === 0) break;
    await setTimeout(betweenRounds * round);
    const retried = await sendBatch(
      client,
      again.map(({ request }) => request),
    );
    const byRequest = new Map(retried.map((outcome) => [outcome.request, outcome]));
    outcomes = outcomes.map((outcome) => byRequest.get(outcome.request) ?? outcome);
  }
  return outcomes;
}

async function sendBatch(client: Client, batch: readonly NumberedRequest[]): Promise<Outcome[]> {
  const requests = batch.map(({ idempotencyKey, body }) => ({ idempotencyKey, ...body }));
  const body = { requests };
  const idempotencyKey = fingerprint(body);
  const { results } = await client.call(routes.requestEnrollments, { body, idempotencyKey, paced: true });
  if (results.length !== batch.length) {
    throw new ConnectionError('answer-unknown', { why: 'The answer does not tell of each request.' });
  }
  return results.flatMap((result, index) => {
    const request = batch[index];
    return request === undefined ? [] : [{ request, ...result }];
  });
}
