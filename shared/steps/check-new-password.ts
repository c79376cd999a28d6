import { checkPassword } from '#crypto/passwords.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError, type EscrowError, InputError } from '#domain/errors.ts';
import type { PasswordRules, PolicyDecision, PolicyQuestion } from '#domain/policy.ts';
import type { Principal } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import type { DecidingPolicy } from '#ports/ledger.ts';
import { decide, decideAll, resourceOf } from './decide.ts';
import type { Dependencies } from './dependencies.ts';

type Needs = Pick<Dependencies, 'policy'>;

/** No password of a PFX is longer, whatever a policy says. */
const anyLength: PasswordRules = { minimumLength: 1, maximumLength: 128 };

/**
 * Holds a password that its subscriber chose to what the organization's policy says of passwords (`SetPassword`), and to what makes any
 * password a bad one.
 * @param principal the subscriber
 * @param field what the caller calls the password
 * @returns the policy that permits it, as it is recorded
 * @throws InputError `password-not-ascii`, `password-too-weak`, which tells the least length that policy permits; AccessError
 *   `not-permitted` if policy lets this subscriber set none; what `ExportabilityPolicy.decide` throws
 */
export async function checkNewPassword(
  dependencies: Needs,
  principal: Principal,
  enrollment: Enrollment,
  password: Secret,
  field = 'password',
): Promise<DecidingPolicy> {
  const resource = resourceOf(enrollment);
  const ask = (length: number): PolicyQuestion => ({
    ...{ action: 'SetPassword', principal, resource },
    context: { length },
  });
  const decision = await decide(dependencies, ask(password.text().length));
  if (decision.allowed) {
    checkPassword(password, anyLength, field);
    return { version: decision.version, rules: decision.rules };
  }
  const permitted = await permittedLengths(dependencies, principal.organization, ask);
  if (permitted === undefined) throw mayNotSet(decision);
  throw namingRules(tooWeak(password, permitted, decision, field), decision);
}

/** @returns the shortest and the longest; undefined if none is permitted */
async function permittedLengths(
  dependencies: Needs,
  organization: string,
  ask: (length: number) => PolicyQuestion,
): Promise<PasswordRules | undefined> {
  const lengths = Array.from({ length: anyLength.maximumLength }, (_unused, index) => index + 1);
  const decisions = await decideAll(dependencies, organization, lengths.map(ask));
  const permitted = lengths.filter((_length, index) => decisions[index]?.allowed === true);
  const [minimumLength] = permitted;
  const maximumLength = permitted.at(-1);
  if (minimumLength === undefined || maximumLength === undefined) return undefined;
  return { minimumLength, maximumLength };
}

/** What is wrong with the password itself; the policy's own words, where it refuses a length between those that it permits. */
function tooWeak(
  password: Secret,
  permitted: PasswordRules,
  { reason }: PolicyDecision,
  field: string,
): InputError {
  try {
    checkPassword(password, permitted, field);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  return new InputError('password-too-weak', { field, why: `is refused by policy. ${reason}` });
}

function namingRules({ code, details }: InputError, { rules, version }: PolicyDecision): EscrowError {
  return new InputError(code, { ...details, rules, policyVersion: version });
}

function mayNotSet({ reason, contact, rules, version }: PolicyDecision): AccessError {
  return new AccessError('not-permitted', {
    why: reason,
    next: `Ask ${contact}.`,
    ...{ contact, rules, policyVersion: version },
  });
}
