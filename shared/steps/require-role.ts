import { AccessError } from '#domain/errors.ts';
import type { Principal, Role } from '#domain/principal.ts';

/**
 * Lets a principal go on who has one of the roles.
 * @throws AccessError `not-permitted`
 */
export function requireRole({ roles }: Principal, allowed: readonly Role[]): void {
  if (!roles.some((role) => allowed.includes(role))) throw new AccessError('not-permitted');
}
