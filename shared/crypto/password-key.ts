import { hkdfSync, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '#domain/secret.ts';
import type { LockContext } from './locked-record.ts';

/** OWASP's figure for PBKDF2-HMAC-SHA512; the record's version fixes it. */
const iterations = 210_000;
const stretchedBytes = 64;
const keyBytes = 32;
/** Separate what is derived here from every other use of the provider's MAC key, and of HKDF. */
const macLabel = 'enrollment-key-escrow/v1/lock-by-password\0';
const infoLabel = 'enrollment-key-escrow/v1/key-encryption-key';

/**
 * HMAC-SHA256 under a key that never leaves custody (`KeyProvider.mac`). Both the message and the result are overwritten
 * once used, so neither may be kept.
 */
export type Mac = (message: Uint8Array) => Promise<Uint8Array>;

const stretch = promisify(pbkdf2);

/**
 * The key-encryption key of a password: HKDF-SHA256(mac(PBKDF2-HMAC-SHA512(password, salt))). The MAC in the middle makes each
 * guess a call to the key provider, which logs and limits it: what is stored gives no offline guess.
 * @param salt 16 bytes
 * @returns 32 bytes, to be overwritten by the caller. Errors of the MAC pass unchanged.
 */
export async function passwordKey(
  password: Secret,
  salt: Uint8Array,
  context: LockContext,
  mac: Mac,
): Promise<Uint8Array> {
  const secrets: Uint8Array[] = [];
  const passing = <T extends Uint8Array>(secret: T): T => {
    secrets.push(secret);
    return secret;
  };
  try {
    const stretched = passing(await stretch(password.bytes(), salt, iterations, stretchedBytes, 'sha512'));
    const keyed = passing(await mac(passing(Buffer.concat([Buffer.from(macLabel), stretched]))));
    const info = JSON.stringify([infoLabel, context.organization, context.enrollmentId]);
    return new Uint8Array(hkdfSync('sha256', keyed, new Uint8Array(), info, keyBytes));
  } finally {
    for (const secret of secrets) secret.fill(0);
  }
}
