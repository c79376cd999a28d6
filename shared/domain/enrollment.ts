import type { ErrorCode } from './error-codes.ts';
import { InternalError, StateError } from './errors.ts';
import type { DomainEvent } from './events.ts';
import type { KeySpec } from './key-spec.ts';
import type { PfxProfile } from './pfx-profile.ts';
import type { LockKind } from './policy.ts';
import type { Principal } from './principal.ts';
import type { PublicJwk } from './public-jwk.ts';
import type { Assurance, Custody, Purpose } from './purpose.ts';

/**
 * The states of an enrollment.
 * - `accepted`: taken, and its key can be made at once (resident, locked to a recipient, or held)
 * - `awaiting-subscriber`: taken; its key is made when the subscriber signs in and sets a password
 * - `making`: one invocation is making the key pair; a crash leaves it here for the reconciler
 * - `ready`: the key pair stands, its escrowed backup (if required) is proved, the CSR may leave
 * - `refused`: policy said no
 * - `destroyed`: the key is gone for ever; what its certificate request and its backups left stays
 */
export const enrollmentStates = [
  'accepted',
  'awaiting-subscriber',
  'making',
  'ready',
  'refused',
  'destroyed',
] as const;
export type EnrollmentState = (typeof enrollmentStates)[number];

export interface Subscriber {
  id: string;
  givenName: string;
  familyName: string;
  email: string;
}

/** Why policy said no, or will say no to an export: told at enrollment, so that it comes as no surprise. */
export interface Refusal {
  code: ErrorCode;
  reason: string;
  contact: string;
  rules: readonly string[];
  /** The signed refusal, in the document store. */
  receiptId: string;
}

/** One try at making the key pair. It owns everything it wrote, so that the reconciler can abandon it whole. */
export interface MakingAttempt {
  id: string;
  /** ISO 8601 */
  startedAt: string;
  /** Where the enrollment returns to when the attempt is abandoned. */
  from: 'accepted' | 'awaiting-subscriber';
}

/** Where the key pair is, by reference; the bytes are write-once records. */
export interface EnrollmentKey {
  /** SHA-256 of the DER SubjectPublicKeyInfo, hex. */
  spkiSha256: string;
  /** SHA-256 of the DER CSR, hex. */
  csrSha256: string;
  csrId: string;
  placeholderId: string;
  /** The locked record; absent for a resident key. */
  lockedKeyId?: string;
  /** The provider's name of a resident key; absent for an exportable one. */
  residentKey?: string;
}

/** The one profile that is stored: no policy can choose another for an escrowed backup, since no question asks for one. */
type StoredProfile = Extract<PfxProfile, 'modern'>;

/** An escrowed backup whose object is being written and proved. */
export interface PendingBackup {
  state: 'pending';
  id: string;
  objectName: string;
  profile: StoredProfile;
}

/** An escrowed backup that counts: stored, proved, sealed and locked. */
export interface ActiveBackup {
  state: 'active';
  id: string;
  objectName: string;
  profile: StoredProfile;
  objectVersion: string;
  /** Hex */
  pfxSha256: string;
  /** ISO 8601 */
  retainUntil: string;
  sealedPassphraseId: string;
  receiptId: string;
}

export type Backup = PendingBackup | ActiveBackup;

/**
 * Password tries. Each is counted as wrong before it is made, and taken back when it proves right, so that a crash or a
 * race never gives a free guess.
 */
export interface Tries {
  /** Wrong ones since the last right one, or since the fresh sign-in that lifted a lock. */
  inARow: number;
  /** Wrong ones in the life of the enrollment. */
  inLife: number;
  /** ISO 8601; a sign-in later than this lifts a lock. */
  lastTriedAt?: string;
}

/** Something that once opened to the key and must not stay: a locked record, or the key itself where custody holds it. */
export interface Superseded {
  kind: 'locked-key' | 'resident-key';
  /** The id of the document, or the name in custody. */
  id: string;
}

/** Since when, and by which policy, a key that has no escrow is to have it. */
export interface EscrowDue {
  /** ISO 8601 */
  since: string;
  policy: { version: string; rules: readonly string[] };
}

/**
 * One try at an escrow that became due after the key was made. It owns what it wrote, as an attempt at a key pair does, and its
 * backup is pending until the one write that makes it count.
 */
export interface EscrowAttempt {
  id: string;
  /** ISO 8601 */
  startedAt: string;
  /** Given up, so that it can never finish, and its traces are being discarded. */
  isAbandoned?: true;
}

/** Whoever asked for an enrollment, as policy was asked about them. */
export type Requester = Pick<Principal, 'subject' | 'roles' | 'groups'>;

/** One certificate request and its key pair: one aggregate, one record. */
export interface Enrollment {
  type: 'enrollment';
  organization: string;
  id: string;
  version: number;
  state: EnrollmentState;
  /** ISO 8601 */
  requestedAt: string;
  /** SHA-256 of the request, hex; tells a replay from a different request under the same idempotency key. */
  requestFingerprint: string;
  subscriber: Subscriber;
  purpose: Purpose;
  keySpec: KeySpec;
  assurance: Assurance;
  custody: Custody;
  exportable: boolean;
  escrow: 'required' | 'forbidden';
  lock: LockKind;
  /** The public JWK that the request named, where `lock` is `recipient`. */
  recipientKey?: PublicJwk;
  policy: { version: string; rules: readonly string[] };
  tries: Tries;
  attempt?: MakingAttempt | undefined;
  /** An attempt that was given up, so that it can never finish, and whose traces are being discarded. */
  abandoned?: MakingAttempt | undefined;
  key?: EnrollmentKey;
  /** The locked record that a change of password is writing; it counts once `key` names it, and else never. */
  pendingLock?: string | undefined;
  /** What can never be the key's again, and is being discarded. */
  superseded?: readonly Superseded[] | undefined;
  backups: readonly Backup[];
  /** Which request set the password that the key is locked under, where it had an idempotency key. */
  passwordSetBy?: string | undefined;
  /** How many subscriber copies were exported. */
  exports: number;
  refusal?: Refusal;
  /** In whose name it is planned anew; until its key is made, and not in records from before it was kept. */
  requestedBy?: Requester | undefined;
  /** Its key was made without escrow, and policy has required it since. */
  escrowDue?: EscrowDue | undefined;
  /** An escrow that became due, and is being made, or was given up. */
  escrowing?: EscrowAttempt | undefined;
  /** What happened with this version; replaced by the next write. */
  events: readonly DomainEvent[];
}

/** A change of state: where it may start and where it ends. */
export interface Transition {
  name: string;
  from: readonly EnrollmentState[];
  to?: EnrollmentState;
}

/** Every change an enrollment can go through after its request was taken. */
export const transitions = {
  startMaking: { name: 'start making', from: ['accepted', 'awaiting-subscriber'], to: 'making' },
  finishMaking: { name: 'finish making', from: ['making'], to: 'ready' },
  abandonAttempt: { name: 'abandon the attempt', from: ['making'] },
  returnToAccepted: { name: 'abandon the attempt', from: ['making'], to: 'accepted' },
  returnToAwaiting: { name: 'abandon the attempt', from: ['making'], to: 'awaiting-subscriber' },
  recordTry: { name: 'try a password', from: ['ready'] },
  recordExport: { name: 'export', from: ['ready'] },
  recordExportRefusal: { name: 'refuse an export', from: ['ready'] },
  changePassword: { name: 'change the password', from: ['ready'] },
  unlock: { name: 'unlock', from: ['ready'] },
  destroy: { name: 'destroy', from: ['accepted', 'awaiting-subscriber', 'ready'], to: 'destroyed' },
  planAccepted: { name: 'decide anew', from: ['accepted', 'awaiting-subscriber'], to: 'accepted' },
  planAwaiting: { name: 'decide anew', from: ['accepted', 'awaiting-subscriber'], to: 'awaiting-subscriber' },
  planRefused: { name: 'refuse', from: ['accepted', 'awaiting-subscriber'], to: 'refused' },
  markEscrowDue: { name: 'note that escrow is due', from: ['ready'] },
  clearEscrowDue: { name: 'note that escrow is due no more', from: ['ready'] },
  startEscrow: { name: 'escrow its key', from: ['ready'] },
  finishEscrow: { name: 'escrow its key', from: ['ready'] },
  abandonEscrow: { name: 'give up its escrow', from: ['ready', 'destroyed'] },
  clearSuperseded: { name: 'discard what was superseded', from: ['ready', 'destroyed'] },
} as const satisfies Record<string, Transition>;

const { planAccepted, planAwaiting, planRefused } = transitions;

/** The condition under which a store may replace a record: nobody changed it, and it is in one of these states. */
export interface ReplaceCondition {
  version: number;
  /** Absent for an aggregate that has no states: then the version alone decides. */
  states?: readonly EnrollmentState[];
}

/**
 * What may change once a request was taken. What it is for never does; whether its key may leave and how it is kept, until it is made
 * (`planAnew`); and escrow is added to a key that has none, and never taken away.
 */
export type EnrollmentChange = Partial<
  Pick<
    Enrollment,
    | 'tries'
    | 'attempt'
    | 'abandoned'
    | 'key'
    | 'pendingLock'
    | 'superseded'
    | 'backups'
    | 'passwordSetBy'
    | 'requestedBy'
    | 'exports'
    | 'escrowDue'
    | 'escrowing'
    | 'events'
  >
> & {
  /** Only ever so: a key that was made without escrow has it from now on. */
  escrow?: 'required';
};

/**
 * Applies a transition: the next version of the record and the condition under which it may be stored. Both come from
 * the same transition, so two actors cannot race.
 * @throws StateError `making-in-progress` from `making`, otherwise `wrong-state`, if it may not start where the enrollment is
 */
export function advance(
  enrollment: Enrollment,
  transition: Transition,
  change: EnrollmentChange,
): { next: Enrollment; condition: ReplaceCondition } {
  requireState(enrollment, transition.from, transition.name);
  const next: Enrollment = {
    ...enrollment,
    events: [],
    ...change,
    version: enrollment.version + 1,
    state: transition.to ?? enrollment.state,
  };
  return { next, condition: { version: enrollment.version, states: transition.from } };
}

/** What policy decided anew of an enrollment whose key is not made yet. */
export interface NewPlan extends Pick<Enrollment, 'exportable' | 'escrow' | 'lock' | 'policy'> {
  state: 'accepted' | 'awaiting-subscriber' | 'refused';
  refusal: Refusal | undefined;
}

/**
 * Applies what policy decided anew, before there is a key: afterwards nothing of it changes any more.
 * Throws as `advance` does.
 */
export function planAnew(
  { refusal: _, ...enrollment }: Enrollment,
  { state, refusal, ...plan }: NewPlan,
  events: readonly DomainEvent[],
): { next: Enrollment; condition: ReplaceCondition } {
  const transition = { accepted: planAccepted, 'awaiting-subscriber': planAwaiting, refused: planRefused }[
    state
  ];
  return advance({ ...enrollment, ...plan, ...(refusal !== undefined && { refusal }) }, transition, {
    events,
  });
}

/** What whoever meets an enrollment in a state can do about it. */
const nextIn: Readonly<Record<Exclude<EnrollmentState, 'making'>, string>> = {
  accepted: 'Its key pair is about to be made: look again in a moment.',
  'awaiting-subscriber': 'Its subscriber sets a password first: the key pair is made then.',
  ready: 'Its key pair is made already.',
  refused: 'Policy refused it; its refusal says why, and whom to ask.',
  destroyed: 'Its key was destroyed: ask for a new enrollment.',
};

/**
 * Lets go on whoever finds an enrollment in a state that suits.
 * @param doing what is tried, to follow the word cannot
 * @throws StateError `making-in-progress` from `making`, otherwise `wrong-state`, saying which it is and what to do
 */
export function requireState(
  { state }: Pick<Enrollment, 'state'>,
  suiting: readonly EnrollmentState[],
  doing: string,
): void {
  if (suiting.includes(state)) return;
  if (state === 'making') throw new StateError('making-in-progress');
  const why = `cannot ${doing} while the enrollment is ${state}`;
  throw new StateError('wrong-state', { why, next: nextIn[state] });
}

/** The key of an enrollment that is `ready`. Throws as `requireState` does. */
export function readyKey(enrollment: Enrollment, doing: string): EnrollmentKey {
  requireState(enrollment, ['ready'], doing);
  if (enrollment.key === undefined) throw new InternalError('internal');
  return enrollment.key;
}

/** The one backup that counts, if there is one. */
export function activeBackup(enrollment: Enrollment): ActiveBackup | undefined {
  return enrollment.backups.find((backup) => backup.state === 'active');
}

/**
 * Whether an escrow that became due is to be made as soon as the key is opened: of an encryption key that there is, that may leave
 * custody, and has no backup. Never of an identity key, whatever its record says.
 */
export function isEscrowDue(enrollment: Enrollment): boolean {
  const { state, purpose, exportable, escrowDue } = enrollment;
  const canBe = state === 'ready' && purpose === 'encryption' && exportable;
  return canBe && escrowDue !== undefined && activeBackup(enrollment) === undefined;
}

/** The backups that are left of an enrollment whose attempt at its escrow ends: those that count. */
export function withoutPending({ backups }: Pick<Enrollment, 'backups'>): readonly Backup[] {
  return backups.filter(({ state }) => state === 'active');
}

/**
 * What is to be discarded of an enrollment, with more of it; undefined while there is nothing.
 * @param lockedKeys ids of locked records
 * @param residentKey the name of a key in custody
 */
export function withSuperseded(
  { superseded = [] }: Pick<Enrollment, 'superseded'>,
  lockedKeys: readonly (string | undefined)[],
  residentKey?: string,
): Enrollment['superseded'] {
  const more = [
    ...lockedKeys.map((id) => ({ kind: 'locked-key', id }) as const),
    { kind: 'resident-key', id: residentKey } as const,
  ];
  const all = [...superseded, ...more.flatMap(({ kind, id }) => (id === undefined ? [] : [{ kind, id }]))];
  return all.length === 0 ? undefined : all;
}
