import type { RequestedEnrollment } from '#contract/enrollment-requested.ts';
import { newId } from '#crypto/identifiers.ts';
import type { EnrollmentState, Refusal } from '#domain/enrollment.ts';
import type { DomainEvent } from '#domain/events.ts';
import { type Purpose, purposeNames } from '#domain/purpose.ts';
import type { Dependencies } from './dependencies.ts';
import { issueReceipt } from './issue-receipt.ts';
import { type EnrollmentPlan, refusalTold } from './plan-enrollment.ts';

type Needs = Pick<Dependencies, 'keys' | 'documents' | 'clock' | 'build'>;

/** What an enrollment bears that begins in a state, or that policy puts into one before its key is made. */
export function bornWith(
  state: EnrollmentState,
  enrollmentId: string,
  purpose: Purpose,
  refusal: Refusal | undefined,
): DomainEvent {
  if (state === 'refused' && refusal !== undefined) {
    return { name: 'EnrollmentRefused', data: { enrollmentId, code: refusal.code } };
  }
  if (state === 'accepted') return { name: 'EnrollmentAccepted', data: { enrollmentId, purpose } };
  return { name: 'SubscriberSignInAwaited', data: { enrollmentId } };
}

/**
 * Signs what policy refuses: the request itself, or every later export of its key, said now.
 * @returns what the record keeps of it; undefined where nothing is refused. Throws as `issueReceipt`
 */
export async function issueRefusal(
  dependencies: Needs,
  enrollmentId: string,
  request: Pick<RequestedEnrollment, 'organization' | 'purpose' | 'keySpec'>,
  plan: EnrollmentPlan,
): Promise<Refusal | undefined> {
  const told = refusalTold(plan);
  if (told === undefined) return undefined;
  const { organization, purpose, keySpec } = request;
  const receipt = {
    receipt: 'refusal',
    organization,
    enrollmentId,
    label: purposeNames[purpose].label,
    purpose,
    keySpec,
    action: plan.refused === undefined ? 'Export' : 'Enroll',
    code: told.code,
    reason: told.reason,
    contact: told.contact,
    policy: { version: plan.policy.version, rules: [...told.rules] },
  } as const;
  const { id: receiptId } = await issueReceipt(dependencies, receipt, newId('ref'));
  return { ...told, receiptId };
}
