import { isDeepStrictEqual } from 'node:util';
import { type Enrollment, type NewPlan, planAnew, type Refusal } from '#domain/enrollment.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { bornWith, issueRefusal } from '#steps/issue-refusal.ts';
import { type EnrollmentPlan, refusalTold, stateOf } from '#steps/plan-enrollment.ts';
import { planAgain } from '#steps/policy-consequences.ts';
import { recorded } from '#steps/record.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'policy' | 'keys' | 'ledger' | 'clock' | 'build'>;

/**
 * Plans an enrollment anew whose key is not made yet, as the policy says that decides now, by one conditional write; what is planned so
 * already is not written. A refusal is signed, and recorded before it counts.
 * @throws StateError `version-conflict` if somebody changed it at the same moment; what the ports throw
 */
export async function planOneAnew(
  dependencies: Needs,
  enrollment: Enrollment,
  requestId: string,
): Promise<void> {
  const { organization, id: enrollmentId } = enrollment;
  const { plan } = await planAgain(dependencies, enrollment);
  if (isPlannedSo(enrollment, plan)) return;
  const act = { action: 'apply-policy', organization, principal: 'service', enrollmentId, requestId };
  await recorded(dependencies, act, async (recordNow) => {
    const refusal = await issueRefusal(dependencies, enrollmentId, enrollment, plan);
    const { policy, exportable, escrow, lock } = plan;
    const state = stateOf(plan);
    const newPlan: NewPlan = { policy, exportable, escrow, lock, refusal, state: planned(state) };
    const { purpose } = enrollment;
    const events = state === enrollment.state ? [] : [bornWith(state, enrollmentId, purpose, refusal)];
    const { next, condition } = planAnew(enrollment, newPlan, events);
    await recordNow(entryOf(plan, refusal));
    await dependencies.registry.replace(next, condition);
  });
}

/** A plan begins in one of these alone. */
function planned(state: ReturnType<typeof stateOf>): NewPlan['state'] {
  return state === 'refused' || state === 'accepted' ? state : 'awaiting-subscriber';
}

function isPlannedSo(enrollment: Enrollment, plan: EnrollmentPlan): boolean {
  const { policy, exportable, escrow, lock, refusal } = enrollment;
  const told = refusalTold(plan);
  return (
    isDeepStrictEqual({ policy, exportable, escrow, lock }, keptOf(plan)) &&
    refusal?.code === told?.code &&
    refusal?.reason === told?.reason
  );
}

function keptOf({ policy, exportable, escrow, lock }: EnrollmentPlan) {
  return { policy: { version: policy.version, rules: [...policy.rules] }, exportable, escrow, lock };
}

function entryOf(plan: EnrollmentPlan, refusal: Refusal | undefined): Partial<LedgerEntry> {
  const receipt = refusal === undefined ? {} : { receiptId: refusal.receiptId };
  if (plan.refused === undefined || refusal === undefined) return { policy: plan.policy, ...receipt };
  const { code, rules } = refusal;
  return {
    outcome: 'refused',
    code,
    about: rules,
    policy: { version: plan.policy.version, rules },
    ...receipt,
  };
}
