import type * as v from 'valibot';
import { routes } from '#contract/routes.ts';
import type { Client } from '../server/client.ts';
import { ServerProblem } from '../server/problem.ts';
import type { NumberedRequest } from './requests.ts';

/** What policy would decide. */
export type Plan = v.InferOutput<typeof routes.planEnrollment.answer.schema>;

/** What would become of one request. */
export type Planned = { request: NumberedRequest } & ({ plan: Plan } | { problem: ServerProblem['problem'] });

/** Requests asked about at the same time. */
const atOnce = 4;

/**
 * Asks what policy would decide of each request. Nothing is kept.
 * @returns the answers, some at a time, in the order of the requests
 * @throws what a call throws, but for a request that the server finds wrong: that is its answer
 */
export async function* plan(client: Client, requests: readonly NumberedRequest[]): AsyncGenerator<Planned[]> {
  for (let start = 0; start < requests.length; start += atOnce) {
    yield await Promise.all(requests.slice(start, start + atOnce).map((request) => planOne(client, request)));
  }
}

async function planOne(client: Client, request: NumberedRequest): Promise<Planned> {
  try {
    return { request, plan: await client.call(routes.planEnrollment, { body: request.body, paced: true }) };
  } catch (error) {
    // 4xx of the request itself, not of who asks or how often.
    if (error instanceof ServerProblem && [400, 409, 422].includes(error.problem.status)) {
      return { request, problem: error.problem };
    }
    throw error;
  }
}
