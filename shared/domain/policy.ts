import type { KeySpec } from './key-spec.ts';
import type { PfxProfile } from './pfx-profile.ts';
import type { Principal } from './principal.ts';
import type { Assurance, Custody, Purpose } from './purpose.ts';

/** How the subscriber's half of the two locks is made (none for a resident key, which never leaves). */
export const lockKinds = ['password', 'recipient', 'held', 'resident'] as const;
export type LockKind = (typeof lockKinds)[number];

/**
 * What may be asked of a policy. Escrow and the subscriber's own export are separate questions with separate answers.
 * - `Enroll`: may this request be taken at all?
 * - `MakeKey`: may such a key be made, in this custody?
 * - `MakeExportable`: may the private key leave custody? Asked once, before the key exists.
 * - `Escrow`: is the private key to be escrowed? What is allowed is required: a key is escrowed or it is not.
 * - `LockBy...`: may the locked record use this kind of lock?
 * - `SetPassword`: is a password of this length good enough?
 * - `Export`: may the subscriber take an own copy now, in this profile?
 * - `ExportCompatible`: may that copy be of the profile `compatible`? An `Export` of that profile is this question.
 * - `RequestRecovery`, `ApproveRecovery`, `ReleaseRecovered`: may an escrowed key be asked for, the asking be agreed to, and the key be
 *   handed over?
 */
export const policyActions = [
  'Enroll',
  'MakeKey',
  'MakeExportable',
  'Escrow',
  'LockByPassword',
  'LockByRecipient',
  'LockByNothing',
  'SetPassword',
  'Export',
  'ExportCompatible',
  'RequestRecovery',
  'ApproveRecovery',
  'ReleaseRecovered',
] as const;
export type PolicyAction = (typeof policyActions)[number];

/** How far an enrollment has come, as far as a policy may ask: no key yet, a key, a key with its certificate. */
export const policyStages = ['requested', 'made', 'certified'] as const;
export type PolicyStage = (typeof policyStages)[number];

/** Whether a private key is escrowed: never by choice of a moment. */
export const escrowKinds = ['required', 'forbidden'] as const;
export type EscrowKind = (typeof escrowKinds)[number];

/** The enrollment that a question is about, before or after its key exists. */
export interface PolicyResource {
  purpose: Purpose;
  assurance: Assurance;
  keySpec: KeySpec;
  custody: Custody;
  /** Known once the key exists; never loosened afterwards. */
  exportable?: boolean;
  /** Of the copy that is to be exported. What is escrowed has no choice of profile. */
  profile?: PfxProfile;
  /** If absent: `made` where it is known whether the key is exportable, `requested` otherwise. */
  stage?: PolicyStage;
  /** Known once the request was planned. */
  lock?: LockKind;
  escrow?: EscrowKind;
  /** Whose key it is: the subject of a subscriber's token. */
  subscriberId?: string;
}

/** What else a question depends on. What is left out is the strictest there is: no password, a third party, no agent. */
export interface PolicyContext {
  /** Of the password that is to be set, in characters. */
  length?: number;
  /** Whether the key is to be recovered for somebody other than its subscriber. */
  thirdParty?: boolean;
  /** How many distinct recovery agents agreed. */
  agents?: number;
}

export interface PolicyQuestion {
  action: PolicyAction;
  principal: Principal;
  resource: PolicyResource;
  context?: PolicyContext;
}

export interface PolicyDecision {
  allowed: boolean;
  /** Identifiers of the rules that decided; never empty. */
  rules: readonly string[];
  /** Why, for a person to read. */
  reason: string;
  /** Whom to ask about it. */
  contact: string;
  /** The version of the policy that answered. */
  version: string;
}

/** The rule that decides where the policy itself fails on a question: it refuses, whatever is asked. */
export const evaluationError = 'policy-evaluation-error';

/** Whether the policy failed on a question, so that its answer settles nothing: where to refuse is to ask less, it must not count. */
export function hasFailed({ rules }: Pick<PolicyDecision, 'rules'>): boolean {
  return rules.includes(evaluationError);
}

/** What a password set by a person must be. Generated ones always meet it. */
export interface PasswordRules {
  minimumLength: number;
  maximumLength: number;
}
