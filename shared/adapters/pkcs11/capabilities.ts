import { type KeySpec, keySpecNames, keySpecs } from '#domain/key-spec.ts';
import { mechanisms } from './constants.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { signatureStrategy } from './signatures.ts';

/** What a token can do, read from its mechanisms. */
export interface TokenCapabilities {
  available: ReadonlySet<number>;
  /** The key pairs that it makes and signs with. */
  specs: readonly KeySpec[];
  /** RFC 5649 by whichever of its names the token knows; undefined if it does not wrap so. */
  wrapMechanism: number | undefined;
  /** What is missing, a sentence each. */
  missing: readonly string[];
}

/** Reads the mechanisms of a token and what follows from them. */
export function readCapabilities(cryptoki: Cryptoki, slot: Handle): TokenCapabilities {
  const available = new Set(cryptoki.C_GetMechanismList(slot));
  const specs = keySpecNames.filter((spec) => canMake(cryptoki, slot, available, spec));
  const wrapMechanism = [mechanisms.CKM_AES_KEY_WRAP_KWP, mechanisms.CKM_AES_KEY_WRAP_PAD].find((mechanism) =>
    available.has(mechanism),
  );
  const missing = keySpecNames
    .filter((spec) => !specs.includes(spec))
    .map((spec) => `${spec}: the token does not make or sign with such keys`);
  if (wrapMechanism === undefined || !available.has(mechanisms.CKM_AES_KEY_GEN)) {
    missing.push('exportable keys: the token has no CKM_AES_KEY_GEN with CKM_AES_KEY_WRAP_PAD (RFC 5649)');
    return { available, specs, wrapMechanism: undefined, missing };
  }
  return { available, specs, wrapMechanism, missing };
}

function canMake(cryptoki: Cryptoki, slot: Handle, available: ReadonlySet<number>, spec: KeySpec): boolean {
  const facts = keySpecs[spec];
  const generation =
    facts.kind === 'rsa' ? mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN : mechanisms.CKM_EC_KEY_PAIR_GEN;
  if (!available.has(generation) || signatureStrategy(facts.signature, available) === undefined) return false;
  const { minKeySize, maxKeySize } = cryptoki.C_GetMechanismInfo(slot, generation);
  const bits = facts.kind === 'rsa' ? facts.modulusBits : Number(facts.curve.slice(2));
  return minKeySize <= bits && bits <= maxKeySize;
}
