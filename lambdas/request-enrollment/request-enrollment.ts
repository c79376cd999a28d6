import { type EnrollmentRequest, parseEnrollmentRequest } from '#contract/enrollment-requested.ts';
import { enrollmentIdFrom, fingerprint, newId } from '#crypto/identifiers.ts';
import { parseRecipientKey } from '#crypto/locks.ts';
import { recoveryKeyThumbprint } from '#crypto/sealing.ts';
import type { Enrollment, EnrollmentState, Refusal } from '#domain/enrollment.ts';
import { AccessError, EscrowError, InputError } from '#domain/errors.ts';
import type { DomainEvent } from '#domain/events.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { noBackupMeaning } from '#steps/decide.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { issueReceipt } from '#steps/issue-receipt.ts';
import { checkCustody, organizationOfEvent, recordedUnder } from '#steps/load.ts';
import { type EnrollmentPlan, planEnrollment } from '#steps/plan-enrollment.ts';
import { recorded } from '#steps/record.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'policy' | 'keys' | 'ledger' | 'clock' | 'build'>;

/**
 * Takes one certificate request, from an `EnrollmentRequested` event: decides what policy says of it and records the
 * enrollment as accepted, as awaiting its subscriber, or as refused. No key exists yet.
 *
 * The enrollment's id is derived from the idempotency key, so the same request delivered again changes nothing.
 * @returns the enrollment as it stands
 * @throws InputError `invalid-input`, `key-spec-below-floor`, `recipient-key-invalid`, `idempotency-mismatch`; AccessError
 *   `not-found` for an organization that is not the sender's or is not there; ProviderError `provider-misconfigured` if the
 *   service runs over another custody than the organization's; what the ports throw
 */
export async function requestEnrollment(dependencies: Needs, event: CloudEvent): Promise<Enrollment> {
  const owner = await organizationOfEvent(dependencies, event);
  const organization = recordedUnder(owner);
  const principal: Principal = { organization, subject: event.source, roles: ['enrollment-workflow'] };
  const entry = { action: 'request-enrollment', organization, principal: event.source, requestId: event.id };
  const work = async () => {
    const request = parseEnrollmentRequest(event.data);
    if (owner === undefined || request.organization !== organization) throw new AccessError('not-found');
    checkCustody(dependencies, owner);
    const recipientKey = recipientKeyOf(request);
    await refuseRecoveryKey(owner, recipientKey);
    const id = enrollmentIdFrom(organization, request.idempotencyKey);
    const existing = await dependencies.registry.read('enrollment', organization, id);
    if (existing !== undefined) return sameRequest(existing, request);
    const plan = await planEnrollment(dependencies, principal, request);
    const enrollment = await toEnrollment(dependencies, id, request, plan, recipientKey);
    return await create(dependencies, enrollment, request);
  };
  return await recorded(dependencies, entry, work, recordOf);
}

/** What the record of a request says beyond its request: which enrollment it is, and what policy refused. */
function recordOf({ id: enrollmentId, state, refusal }: Enrollment): Partial<LedgerEntry> {
  if (state !== 'refused' || refusal === undefined) return { enrollmentId };
  return { enrollmentId, outcome: 'refused', code: refusal.code, about: refusal.rules };
}

function recipientKeyOf({ lock, recipientKey }: EnrollmentRequest): PublicJwk | undefined {
  if (recipientKey === undefined) {
    if (lock !== 'recipient') return undefined;
    throw new InputError('recipient-key-invalid', { field: 'recipientKey', why: 'is missing' });
  }
  if (lock === undefined || lock === 'recipient') return parseRecipientKey(recipientKey);
  // Whoever names a key counts on it; another lock would leave it unused.
  throw new InputError('invalid-input', {
    field: 'lock',
    why: 'is not the one that a recipient key is for',
    next: 'Ask for the lock recipient, or leave the recipient key out.',
  });
}

/**
 * Whoever holds the recovery key would open the lock by it: an escrow that policy was not asked about, and for an
 * identity key one that is never allowed (Federal Common Policy 4.12.1).
 */
async function refuseRecoveryKey(
  { recoveryKey }: Organization,
  recipientKey: PublicJwk | undefined,
): Promise<void> {
  if (recipientKey === undefined) return;
  if ((await recoveryKeyThumbprint(recipientKey)) !== (await recoveryKeyThumbprint(recoveryKey))) return;
  throw new InputError('recipient-key-invalid', {
    field: 'recipientKey',
    why: 'is the recovery key of the organization',
    next: 'Name a key that the subscriber or the device alone holds.',
  });
}

function sameRequest(existing: Enrollment, request: EnrollmentRequest): Enrollment {
  if (existing.requestFingerprint !== fingerprint(request)) throw new InputError('idempotency-mismatch');
  return existing;
}

async function create(
  { registry }: Needs,
  enrollment: Enrollment,
  request: EnrollmentRequest,
): Promise<Enrollment> {
  try {
    await registry.create(enrollment);
    return enrollment;
  } catch (error) {
    if (!(error instanceof EscrowError) || error.code !== 'already-exists') throw error;
    const winner = await registry.read('enrollment', enrollment.organization, enrollment.id);
    if (winner === undefined) throw error;
    return sameRequest(winner, request);
  }
}

async function toEnrollment(
  dependencies: Needs,
  id: string,
  request: EnrollmentRequest,
  plan: EnrollmentPlan,
  recipientKey: PublicJwk | undefined,
): Promise<Enrollment> {
  const refusal = await issueRefusal(dependencies, id, request, plan);
  const state = stateOf(plan);
  return {
    type: 'enrollment',
    organization: request.organization,
    id,
    version: 1,
    state,
    requestedAt: dependencies.clock.now().toISOString(),
    requestFingerprint: fingerprint(request),
    subscriber: request.subscriber,
    purpose: request.purpose,
    keySpec: request.keySpec,
    assurance: request.assurance,
    custody: dependencies.keys.custody,
    exportable: plan.exportable,
    escrow: plan.escrow,
    lock: plan.lock,
    policy: plan.policy,
    tries: { inARow: 0, inLife: 0 },
    backups: [],
    exports: 0,
    ...(plan.lock === 'recipient' && recipientKey !== undefined && { recipientKey }),
    ...(refusal !== undefined && { refusal }),
    events: [bornWith(state, id, refusal)],
  };
}

function stateOf({ refused, lock }: EnrollmentPlan): EnrollmentState {
  if (refused !== undefined) return 'refused';
  return lock === 'password' ? 'awaiting-subscriber' : 'accepted';
}

function bornWith(state: EnrollmentState, enrollmentId: string, refusal: Refusal | undefined): DomainEvent {
  if (state === 'refused' && refusal !== undefined) {
    return { name: 'EnrollmentRefused', data: { enrollmentId, code: refusal.code } };
  }
  if (state === 'accepted') return { name: 'EnrollmentAccepted', data: { enrollmentId } };
  return { name: 'SubscriberSignInAwaited', data: { enrollmentId } };
}

/** Signs what policy refuses: the request itself, or every later export of its key, said now. */
async function issueRefusal(
  dependencies: Needs,
  enrollmentId: string,
  request: EnrollmentRequest,
  plan: EnrollmentPlan,
): Promise<Refusal | undefined> {
  const refused = plan.refused ?? plan.exportRefused;
  if (refused === undefined) return undefined;
  const reason = plan.refused === undefined ? `${refused.reason} ${noBackupMeaning}` : refused.reason;
  const { organization, purpose, keySpec } = request;
  const receipt = {
    receipt: 'refusal',
    organization,
    enrollmentId,
    label: purposeNames[purpose].label,
    purpose,
    keySpec,
    action: plan.refused === undefined ? 'Export' : 'Enroll',
    code: refused.code,
    reason,
    contact: refused.contact,
    policy: { version: plan.policy.version, rules: [...refused.rules] },
  } as const;
  const { id: receiptId } = await issueReceipt(dependencies, receipt, newId('ref'));
  return { ...refused, reason, receiptId };
}
