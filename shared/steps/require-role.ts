import { AccessError } from '#domain/errors.ts';
import { meantFor, type Principal, type Role } from '#domain/principal.ts';
import type { Clock } from '#ports/clock.ts';

/**
 * Lets a principal go on who has one of the roles.
 * @throws AccessError `not-permitted`
 */
export function requireRole({ roles }: Principal, allowed: readonly Role[]): void {
  if (roles.some((role) => allowed.includes(role))) return;
  throw new AccessError('not-permitted', { why: meantFor(allowed) });
}

/** How old a sign-in may be for what cannot be undone, in seconds. */
const freshSeconds = 300;

/**
 * Lets a person go on who proved who they are just now: what follows cannot be undone.
 * @throws AccessError `fresh-sign-in-required` if the sign-in is older than five minutes, or the token does not say
 */
export function requireFreshSignIn({ authTime }: Principal, clock: Clock): void {
  const age = authTime === undefined ? Number.POSITIVE_INFINITY : clock.now().getTime() / 1_000 - authTime;
  // Written so that what is no number is not fresh.
  if (!(age <= freshSeconds)) throw new AccessError('fresh-sign-in-required');
}
