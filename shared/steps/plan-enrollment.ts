import type { RequestedEnrollment } from '#contract/enrollment-requested.ts';
import type { EnrollmentState, Refusal } from '#domain/enrollment.ts';
import { InternalError } from '#domain/errors.ts';
import { hasFailed, type LockKind, type PolicyAction, type PolicyDecision } from '#domain/policy.ts';
import type { Principal } from '#domain/principal.ts';
import { decideAll, noBackupMeaning } from './decide.ts';
import type { Dependencies } from './dependencies.ts';

/** What policy and custody together say about a request, before any key exists. */
export interface EnrollmentPlan {
  policy: { version: string; rules: readonly string[] };
  exportable: boolean;
  escrow: 'required' | 'forbidden';
  lock: LockKind;
  /** The request is refused. */
  refused?: Omit<Refusal, 'receiptId'>;
  /** The request is taken, and every later export of its key will be refused: said now, so that it is no surprise. */
  exportRefused?: Omit<Refusal, 'receiptId'>;
}

/** The state that an enrollment of this plan begins in. */
export function stateOf({ refused, lock }: EnrollmentPlan): EnrollmentState {
  if (refused !== undefined) return 'refused';
  return lock === 'password' ? 'awaiting-subscriber' : 'accepted';
}

/** What is told of a refusal: of the request itself, or of every later export of its key, said now. */
export function refusalTold({ refused, exportRefused }: EnrollmentPlan): EnrollmentPlan['refused'] {
  if (refused !== undefined || exportRefused === undefined) return refused;
  return { ...exportRefused, reason: `${exportRefused.reason} ${noBackupMeaning}` };
}

const lockActions = {
  password: 'LockByPassword',
  recipient: 'LockByRecipient',
  held: 'LockByNothing',
} as const satisfies Record<Exclude<LockKind, 'resident'>, PolicyAction>;

/**
 * Asks every question that must be settled before a key is made. Throws as `ExportabilityPolicy.decide` does.
 */
export async function planEnrollment(
  dependencies: Pick<Dependencies, 'policy' | 'keys'>,
  principal: Principal,
  request: RequestedEnrollment,
): Promise<EnrollmentPlan> {
  const { keys } = dependencies;
  const resource = {
    purpose: request.purpose,
    assurance: request.assurance,
    keySpec: request.keySpec,
    custody: keys.custody,
    subscriberId: request.subscriber.id,
  };
  const wantedLock = request.lock ?? (request.recipientKey === undefined ? 'password' : 'recipient');
  const actions = ['Enroll', 'MakeKey', 'MakeExportable', 'Escrow', lockActions[wantedLock]] as const;
  // All by one version: what is published meanwhile decides of none of it, or of all.
  const questions = actions.map((action) => ({ action, principal, resource }));
  const decisions = await decideAll(dependencies, principal.organization, questions);
  const [enroll, makeKey, exportable, escrow, lockAsked] = decisions;
  if (!enroll || !makeKey || !exportable || !escrow || !lockAsked) throw unanswered();
  const lock = exportable.allowed ? lockAsked : undefined;
  const asked = [enroll, makeKey, exportable, escrow, ...(lock === undefined ? [] : [lock])];
  const plan: EnrollmentPlan = {
    policy: { version: enroll.version, rules: asked.flatMap((decision) => decision.rules) },
    exportable: exportable.allowed,
    escrow: escrow.allowed ? 'required' : 'forbidden',
    lock: exportable.allowed ? wantedLock : 'resident',
  };
  const capable = isCapable(keys, exportable.allowed, request);
  const refused = refusalOf({ enroll, makeKey, exportable, escrow, lock, capable });
  if (refused !== undefined) return { ...plan, refused };
  return exportable.allowed ? plan : { ...plan, exportRefused: refusal('export-refused', exportable) };
}

function unanswered(): InternalError {
  return new InternalError('internal', { cause: 'the policy left a question without an answer' });
}

/** Whether custody makes such a key, and one that is of use. */
function isCapable(
  { exportableKeys, residentKeys }: Dependencies['keys'],
  exportable: boolean,
  { keySpec, purpose }: RequestedEnrollment,
): boolean {
  if (exportable) return exportableKeys?.specs.includes(keySpec) ?? false;
  if (residentKeys === undefined) return false;
  return residentKeys.specs.includes(keySpec) && residentKeys.purposes.includes(purpose);
}

function refusalOf(answers: {
  enroll: PolicyDecision;
  makeKey: PolicyDecision;
  exportable: PolicyDecision;
  escrow: PolicyDecision;
  lock: PolicyDecision | undefined;
  capable: boolean;
}): EnrollmentPlan['refused'] {
  const { enroll, makeKey, exportable, escrow, lock, capable } = answers;
  if (!enroll.allowed) return refusal('enrollment-refused', enroll);
  if (!makeKey.allowed) return refusal('enrollment-refused', makeKey);
  // A key without escrow, or one that never leaves, is made because policy says so, and not because it failed.
  const failed = [exportable, escrow].find(hasFailed);
  if (failed !== undefined) return refusal('enrollment-refused', failed);
  if (lock?.allowed === false) return refusal('enrollment-refused', lock);
  if (escrow.allowed && (!exportable.allowed || !capable)) {
    const reason = `${escrow.reason} Here it cannot be: the key could not leave custody.`;
    return refusal('escrow-impossible', { ...escrow, reason });
  }
  if (!capable) {
    const reason = 'The custody that the organization chose makes no such key that would be of use.';
    return refusal('provider-incapable', { ...enroll, reason, rules: ['custody-capable'] });
  }
  return undefined;
}

function refusal(
  code: Refusal['code'],
  { reason, contact, rules }: PolicyDecision,
): Omit<Refusal, 'receiptId'> {
  return { code, reason, contact, rules };
}
