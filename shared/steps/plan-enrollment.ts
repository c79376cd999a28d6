import type { RequestedEnrollment } from '#contract/enrollment-requested.ts';
import type { EnrollmentState, Refusal } from '#domain/enrollment.ts';
import type { LockKind, PolicyAction, PolicyDecision } from '#domain/policy.ts';
import type { Principal } from '#domain/principal.ts';
import { decide, noBackupMeaning } from './decide.ts';
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
  };
  const ask = (action: PolicyAction) => decide(dependencies, { action, principal, resource });

  const enroll = await ask('Enroll');
  const exportable = await ask('MakeExportable');
  const escrow = await ask('Escrow');
  const wantedLock = request.lock ?? (request.recipientKey === undefined ? 'password' : 'recipient');
  const lock = exportable.allowed ? await ask(lockActions[wantedLock]) : undefined;
  const asked = [enroll, exportable, escrow, ...(lock === undefined ? [] : [lock])];
  const plan: EnrollmentPlan = {
    policy: { version: enroll.version, rules: asked.flatMap((decision) => decision.rules) },
    exportable: exportable.allowed,
    escrow: escrow.allowed ? 'required' : 'forbidden',
    lock: exportable.allowed ? wantedLock : 'resident',
  };
  const capable = isCapable(keys, exportable.allowed, request);
  const refused = refusalOf({ enroll, exportable, escrow, lock, capable });
  if (refused !== undefined) return { ...plan, refused };
  return exportable.allowed ? plan : { ...plan, exportRefused: refusal('export-refused', exportable) };
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
  exportable: PolicyDecision;
  escrow: PolicyDecision;
  lock: PolicyDecision | undefined;
  capable: boolean;
}): EnrollmentPlan['refused'] {
  const { enroll, exportable, escrow, lock, capable } = answers;
  if (!enroll.allowed) return refusal('enrollment-refused', enroll);
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
