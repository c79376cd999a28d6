import { isKeyName } from '../key-name.ts';

/** The duties of the provider's own keys; an alias each. */
export const ownKeyDuties = ['custody', 'mac', 'receipts'] as const;
export type OwnKeyDuty = (typeof ownKeyDuties)[number];

/** The alias of one of the provider's own keys. */
export function ownKeyAlias(prefix: string, duty: OwnKeyDuty): string {
  return `alias/${prefix}/${duty}`;
}

/**
 * The alias of a resident key; undefined if no key can have that name. An alias has no dots, and a name no slashes, so
 * one stands for the other and no two names share an alias.
 */
export function residentAlias(prefix: string, name: string): string | undefined {
  return isKeyName(name) ? `alias/${prefix}/resident/${name.replaceAll('.', '/')}` : undefined;
}
