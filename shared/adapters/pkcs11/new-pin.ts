import { randomInt } from 'node:crypto';
import { Secret } from '#domain/secret.ts';

/** Some tokens take digits only, and 53 bits are more than a token lets anybody try. */
const digits = 16;

/** A random PIN of 16 digits. */
export function newPin(): Secret {
  return new Secret(Uint8Array.from({ length: digits }, () => '0'.charCodeAt(0) + randomInt(10)));
}
