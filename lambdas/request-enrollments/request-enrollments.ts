import { largestBatch } from '#contract/api/enrollments.ts';
import { requesting } from '#contract/api/roles.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { asEscrowError, type EscrowError, InputError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { type RequestNeeds, takeRequest } from '#steps/take-request.ts';

/** How many are taken at the same time: stores answer several at once, and nobody else should have to wait for all. */
const concurrency = 8;

/** What became of one request. */
export type RequestOutcome = { enrollment: Enrollment } | { error: EscrowError };

/**
 * Takes several certificate requests, each by itself: what is wrong with one does not stop the others, and the same list
 * sent again changes nothing. Each is recorded under the request's id and its place in the list, counted from 0.
 * @param batch.requests `EnrollmentRequested` data, 1 to 100 of them
 * @returns the outcome of each, in their order; errors are those of `takeRequest`
 * @throws AccessError `not-permitted`; InputError `invalid-input` for the number of them; SetUpError `not-set-up`; StoreError
 *   `store-unavailable`
 */
export async function requestEnrollments(
  dependencies: RequestNeeds,
  principal: Principal,
  { requests, requestId }: { requests: readonly unknown[]; requestId: string },
): Promise<RequestOutcome[]> {
  const owner = await recordedIfRefused(
    dependencies,
    actOf('request-enrollments', principal, { requestId }),
    async () => {
      requireRole(principal, requesting);
      checkNumber(requests.length);
      return await loadOrganization(dependencies, principal.organization);
    },
  );
  const outcomes: RequestOutcome[] = [];
  for (let start = 0; start < requests.length; start += concurrency) {
    const some = requests.slice(start, start + concurrency).map(async (data, index) => {
      const request = { data, requestId: `${requestId}.${start + index}` };
      return await outcomeOf(takeRequest(dependencies, principal, request, async () => owner));
    });
    outcomes.push(...(await Promise.all(some)));
  }
  return outcomes;
}

function checkNumber(count: number): void {
  const issue = { field: 'requests', next: `Send 1 to ${largestBatch} requests at once.` };
  if (count === 0) throw new InputError('invalid-input', { ...issue, why: 'is empty' });
  if (count > largestBatch) {
    throw new InputError('invalid-input', { ...issue, why: `has more than ${largestBatch} requests` });
  }
}

async function outcomeOf(taking: Promise<Enrollment>): Promise<RequestOutcome> {
  try {
    return { enrollment: await taking };
  } catch (error) {
    return { error: asEscrowError(error) };
  }
}
