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
 * - `MakeExportable`: may the private key leave custody? Asked once, before the key exists.
 * - `Escrow`: is the private key to be escrowed? What is allowed is required: a key is escrowed or it is not.
 * - `LockBy...`: may the locked record use this kind of lock?
 * - `Export`: may the subscriber take an own copy now, in this profile?
 */
export type PolicyAction =
  | 'Enroll'
  | 'MakeExportable'
  | 'Escrow'
  | 'LockByPassword'
  | 'LockByRecipient'
  | 'LockByNothing'
  | 'Export';

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
}

export interface PolicyQuestion {
  action: PolicyAction;
  principal: Principal;
  resource: PolicyResource;
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

/** What a password set by a person must be. Generated ones always meet it. */
export interface PasswordRules {
  minimumLength: number;
  maximumLength: number;
}
