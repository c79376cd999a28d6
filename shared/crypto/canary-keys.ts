import { createECDH, hkdfSync } from 'node:crypto';
import type { JWK } from 'jose';
import { ProviderError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Secret } from '#domain/secret.ts';
import { parseRecoveryKey, recoveryKeyThumbprint } from './sealing.ts';

/** The order of P-256 (SP 800-186 section 3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** 128 bits more than the order has, so that reducing them favours no key (FIPS 186-5 appendix A.2.1 asks for 64). */
const scalarBytes = 48;
const coordinateBytes = 32;
/** Of text that 256 bits of chance need, whatever its alphabet. */
const leastBytes = 43;

/** The keys of the canaries' organization. */
export interface CanaryKeys {
  recoveryKey: PublicJwk & { kid: string };
  /** Opens what is sealed to the recovery key. It exists as long as whoever derived it works. */
  recoveryPrivateKey: JWK;
  /** What the keys of canaries are locked to. Its private half is derived by nobody: a canary is never exported. */
  recipientKey: PublicJwk;
}

/**
 * Derives the canaries' keys from their secret: P-256, by HKDF-SHA256 (RFC 5869). The same secret always gives the same keys.
 * @throws ProviderError `provider-misconfigured` for a secret that is too short to be one
 */
export async function deriveCanaryKeys(secret: Secret): Promise<CanaryKeys> {
  if (secret.bytes().length < leastBytes) {
    throw new ProviderError('provider-misconfigured', {
      why: "The canaries' secret is too short to be one.",
      next: 'Restore the one that the service was set up with.',
    });
  }
  const recoveryPrivateKey = derive(secret, 'recovery key');
  const recoveryKey = parseRecoveryKey(publicOf(recoveryPrivateKey));
  return {
    recoveryKey: { ...recoveryKey, kid: await recoveryKeyThumbprint(recoveryKey) },
    recoveryPrivateKey,
    recipientKey: parseRecoveryKey(publicOf(derive(secret, 'recipient key'))),
  };
}

function derive(secret: Secret, use: string): JWK {
  const derived = hkdfSync('sha256', secret.bytes(), '', `enrollment-key-escrow canary ${use}`, scalarBytes);
  const scalar = (BigInt(`0x${Buffer.from(derived).toString('hex')}`) % (order - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(2 * coordinateBytes, '0'), 'hex');
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(d);
  // SEC 1 section 2.3.3, uncompressed: 04, x, y.
  const point = pair.getPublicKey();
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 1 + coordinateBytes).toString('base64url'),
    y: point.subarray(1 + coordinateBytes).toString('base64url'),
    d: d.toString('base64url'),
  };
}

function publicOf({ d: _, ...publicKey }: JWK): JWK {
  return publicKey;
}
