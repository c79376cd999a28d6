import type { KeySpec } from './key-spec.ts';
import type { PfxProfile } from './pfx-profile.ts';
import type {
  EscrowKind,
  LockKind,
  PolicyAction,
  PolicyContext,
  PolicyQuestion,
  PolicyStage,
} from './policy.ts';
import type { Role } from './principal.ts';
import type { Assurance, Custody, Purpose } from './purpose.ts';

/**
 * One question of a policy in one flat object, as its own tests and the command line ask it. What is left out is as in
 * `questionOf`.
 */
export interface PolicyFacts {
  action: PolicyAction;
  roles?: readonly Role[];
  groups?: readonly string[];
  /** Who asks. */
  subject?: string;
  purpose: Purpose;
  assurance?: Assurance;
  custody?: Custody;
  keySpec?: KeySpec;
  stage?: PolicyStage;
  exportable?: boolean;
  lock?: LockKind;
  escrow?: EscrowKind;
  /** Whose key it is. */
  subscriber?: string;
  profile?: PfxProfile;
  /** Of the password, in characters. */
  length?: number;
  thirdParty?: boolean;
  agents?: number;
}

/** A question of a policy's own tests, and what it must answer. */
export interface PolicyTest extends PolicyFacts {
  /** What it shows, for a person to read. */
  name?: string;
  expect: 'allowed' | 'refused';
  /** Identifiers of the rules that must decide, in any order; not looked at if absent. */
  rules?: readonly string[];
  /** The reason that must be given, word by word; not looked at if absent. */
  reason?: string;
}

/** A policy as an organization writes it: what may be done, in Cedar, and the questions that show it. */
export interface PolicyDocument {
  /** The text of `policy.cedar`. */
  cedar: string;
  /** The content of `tests.json`. */
  tests: readonly PolicyTest[];
}

/** The most of each that a policy may have; larger ones are refused before anything reads them. */
export const policyLimits = { cedarBytes: 65_536, testsBytes: 262_144, tests: 1000, rules: 200 } as const;

/** Who asks, and whose key it is, where a test does not say. */
const somebody = 'somebody';

/**
 * The question that some facts ask. Of what is left out: somebody asks, without a role or group; the key is RSA_2048 at
 * `medium` in a token; nothing more is known of it.
 */
export function questionOf(facts: PolicyFacts): PolicyQuestion {
  const { action, roles = [], groups, subject = somebody } = facts;
  const principal = { organization: '', subject, roles, ...(groups !== undefined && { groups }) };
  return { action, principal, resource: resourceOf(facts), context: contextOf(facts) };
}

function contextOf({ length, thirdParty, agents }: PolicyFacts): PolicyContext {
  return {
    ...(length !== undefined && { length }),
    ...(thirdParty !== undefined && { thirdParty }),
    ...(agents !== undefined && { agents }),
  };
}

function resourceOf(facts: PolicyFacts): PolicyQuestion['resource'] {
  const { purpose, assurance = 'medium', keySpec = 'RSA_2048', custody = 'pkcs11' } = facts;
  const { stage, exportable, lock, escrow, profile, subscriber } = facts;
  return {
    ...{ purpose, assurance, keySpec, custody },
    ...(stage !== undefined && { stage }),
    ...(exportable !== undefined && { exportable }),
    ...(lock !== undefined && { lock }),
    ...(escrow !== undefined && { escrow }),
    ...(profile !== undefined && { profile }),
    ...(subscriber !== undefined && { subscriberId: subscriber }),
  };
}
