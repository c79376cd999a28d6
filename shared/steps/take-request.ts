import { requesting } from '#contract/api/roles.ts';
import { type EnrollmentRequest, parseEnrollmentRequest } from '#contract/enrollment-requested.ts';
import { enrollmentIdFrom, fingerprint } from '#crypto/identifiers.ts';
import type { Enrollment, Requester } from '#domain/enrollment.ts';
import { EscrowError, InputError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { LedgerEntry, RecordNow } from '#ports/ledger.ts';
import { checkRequest } from './check-request.ts';
import type { Dependencies } from './dependencies.ts';
import { bornWith, issueRefusal } from './issue-refusal.ts';
import { writeOrLook } from './may-stand.ts';
import { type EnrollmentPlan, planEnrollment, stateOf } from './plan-enrollment.ts';
import { actOf, recorded } from './record.ts';
import { requireRole } from './require-role.ts';

export type RequestNeeds = Pick<
  Dependencies,
  'registry' | 'documents' | 'policy' | 'keys' | 'ledger' | 'clock' | 'build'
>;

/** A request as it came: `EnrollmentRequested` data, not yet read. */
export interface IncomingRequest {
  data: unknown;
  requestId: string;
}

/**
 * Takes one certificate request in an organization's name: decides what policy says of it and records the enrollment as
 * accepted, as awaiting its subscriber, or as refused; the ledger has it before it stands. No key exists yet.
 *
 * The enrollment's id is derived from the idempotency key, so the same request that comes again changes nothing.
 * @param readOwner gives the organization that asks; undefined if it is not there
 * @returns the enrollment as it stands
 * @throws AccessError `not-permitted`, `not-found` for an organization that is not the sender's or is not there; InputError
 *   `invalid-input`, `key-spec-below-floor`, `recipient-key-invalid`, `idempotency-mismatch`; ProviderError
 *   `provider-misconfigured` if the service runs over another custody than the organization's; what the ports throw
 */
export async function takeRequest(
  dependencies: RequestNeeds,
  principal: Principal,
  { data, requestId }: IncomingRequest,
  readOwner: () => Promise<Organization | undefined>,
): Promise<Enrollment> {
  const act = actOf('request-enrollment', principal, { requestId });
  const work = async (recordNow: RecordNow) => {
    requireRole(principal, requesting);
    const request = parseEnrollmentRequest(data);
    const recipientKey = await checkRequest(dependencies, await readOwner(), request);
    const id = enrollmentIdFrom(request.organization, request.idempotencyKey);
    const existing = await dependencies.registry.read('enrollment', request.organization, id);
    if (existing !== undefined) return sameRequest(existing, request);
    const plan = await planEnrollment(dependencies, principal, request);
    const asked = { request, plan, recipientKey, requestedBy: requesterOf(principal) };
    const enrollment = await toEnrollment(dependencies, id, asked);
    await recordNow(recordOf(enrollment));
    return await create(dependencies, enrollment, request);
  };
  return await recorded(dependencies, act, work, recordOf);
}

/** What the record of a request says beyond its request: which enrollment it is, what policy decided, and what it refused. */
function recordOf({ id: enrollmentId, state, refusal, policy }: Enrollment): Partial<LedgerEntry> {
  const receipt = refusal === undefined ? {} : { receiptId: refusal.receiptId };
  if (state !== 'refused' || refusal === undefined) return { enrollmentId, policy, ...receipt };
  const decided = { version: policy.version, rules: refusal.rules };
  return {
    ...{ enrollmentId, outcome: 'refused', code: refusal.code, about: refusal.rules },
    policy: decided,
    ...receipt,
  };
}

function sameRequest(existing: Enrollment, request: EnrollmentRequest): Enrollment {
  if (existing.requestFingerprint !== fingerprint(request)) throw new InputError('idempotency-mismatch');
  return existing;
}

async function create(
  { registry }: Pick<Dependencies, 'registry'>,
  enrollment: Enrollment,
  request: EnrollmentRequest,
): Promise<Enrollment> {
  try {
    await writeOrLook(registry, enrollment, () => registry.create(enrollment));
    return enrollment;
  } catch (error) {
    if (!(error instanceof EscrowError) || error.code !== 'already-exists') throw error;
    const winner = await registry.read('enrollment', enrollment.organization, enrollment.id);
    if (winner === undefined) throw error;
    return sameRequest(winner, request);
  }
}

function requesterOf({ subject, roles, groups }: Principal): Requester {
  return { subject, roles, ...(groups !== undefined && groups.length > 0 && { groups }) };
}

interface Asked {
  request: EnrollmentRequest;
  plan: EnrollmentPlan;
  recipientKey: PublicJwk | undefined;
  requestedBy: Requester;
}

async function toEnrollment(
  dependencies: RequestNeeds,
  id: string,
  { request, plan, recipientKey, requestedBy }: Asked,
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
    ...(state !== 'refused' && { requestedBy }),
    events: [bornWith(state, id, request.purpose, refusal)],
  };
}
