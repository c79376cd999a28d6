import { requesting } from '#contract/api/roles.ts';
import { parseRequestedEnrollment } from '#contract/enrollment-requested.ts';
import type { EnrollmentState, Refusal } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { checkRequest } from '#steps/check-request.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { type EnrollmentPlan, planEnrollment, refusalTold, stateOf } from '#steps/plan-enrollment.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/** What would become of a request. */
export interface PlannedEnrollment extends Pick<EnrollmentPlan, 'policy' | 'exportable' | 'escrow' | 'lock'> {
  state: EnrollmentState;
  /** Why the request, or every later export of its key, would be refused. Nothing is refused yet, so nothing is signed. */
  refusal?: Omit<Refusal, 'receiptId'>;
}

/**
 * Says what policy would decide of a request, and does nothing of it. That policy would refuse is an answer, and leaves no
 * record; that the question itself is refused does.
 * @param question.data as of `EnrollmentRequested`, without the idempotency key
 * @throws AccessError `not-permitted`, `not-found` for another organization than the principal's; InputError `invalid-input`,
 *   `key-spec-below-floor`, `recipient-key-invalid`; ProviderError `provider-misconfigured`; SetUpError `not-set-up`; what the
 *   ports throw
 */
export async function planRequest(
  dependencies: Pick<Dependencies, 'registry' | 'policy' | 'keys' | 'ledger'>,
  principal: Principal,
  { data, requestId }: { data: unknown; requestId: string },
): Promise<PlannedEnrollment> {
  const act = actOf('plan-enrollment', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, requesting);
    const request = parseRequestedEnrollment(data);
    await checkRequest(dependencies, await loadOrganization(dependencies, principal.organization), request);
    const plan = await planEnrollment(dependencies, principal, request);
    const refusal = refusalTold(plan);
    const { policy, exportable, escrow, lock } = plan;
    return { state: stateOf(plan), policy, exportable, escrow, lock, ...(refusal && { refusal }) };
  });
}
