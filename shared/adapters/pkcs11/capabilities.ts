import {
  type KeySpec,
  keySpecNames,
  keySpecs,
  type SignatureAlgorithm,
  signaturesOf,
} from '#domain/key-spec.ts';
import type { Cryptoki, Handle, Mechanism } from './cryptoki.ts';
import { keyWraps } from './key-wrap.ts';
import { mechanismName, mechanismNames, mechanisms } from './mechanisms.ts';
import { type SignatureStrategy, signatureStrategies } from './signatures.ts';

/** What a token can do by its list of mechanisms. Lists promise more than tokens keep, so what can be tried is tried. */
export interface TokenCapabilities {
  mechanisms: ReadonlySet<number>;
  /** The key pairs that it makes, and that sign their requests. */
  specs: readonly KeySpec[];
  /** RFC 5649 by whichever of its mechanisms the token lists, the preferred first; none if the token makes no AES key. */
  keyWraps: readonly Mechanism[];
  /** What is missing, a sentence each. */
  missing: readonly string[];
}

/** Reads the mechanisms of a token and what follows from them. */
export function readCapabilities(cryptoki: Cryptoki, slot: Handle): TokenCapabilities {
  const available = new Set(cryptoki.C_GetMechanismList(slot));
  const lacks = keySpecNames.map((spec) => ({ spec, lack: specLack(cryptoki, slot, available, spec) }));
  const specs = lacks.flatMap(({ spec, lack }) => (lack === undefined ? [spec] : []));
  const wrapLack = keyWrapLack(available);
  return {
    mechanisms: available,
    specs,
    keyWraps: wrapLack === undefined ? keyWraps.filter(({ mechanism }) => available.has(mechanism)) : [],
    missing: [
      ...lacks.flatMap(({ spec, lack }) => (lack === undefined ? [] : [`${spec}: ${lack}`])),
      ...lackingSignatures(available, specs),
      ...(wrapLack === undefined ? [] : [`exportable keys: ${wrapLack}`, `imported keys: ${wrapLack}`]),
    ],
  };
}

/** The ways to make a signature that a token has, the preferred first. */
export function availableStrategies(
  algorithm: SignatureAlgorithm,
  available: ReadonlySet<number>,
): readonly SignatureStrategy[] {
  return signatureStrategies[algorithm].filter(({ mechanism }) => available.has(mechanism.mechanism));
}

/** Why a token makes no key of a spec that signs its request, by its list of mechanisms; undefined if it does. */
export function specLack(
  cryptoki: Cryptoki,
  slot: Handle,
  available: ReadonlySet<number>,
  spec: KeySpec,
): string | undefined {
  const facts = keySpecs[spec];
  const generation =
    facts.kind === 'rsa' ? mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN : mechanisms.CKM_EC_KEY_PAIR_GEN;
  const lack = lackOf(available, [generation]) ?? lackOf(available, numbersOf(facts.signature));
  if (lack !== undefined) return lack;
  const { minKeySize, maxKeySize } = cryptoki.C_GetMechanismInfo(slot, generation);
  const bits = facts.kind === 'rsa' ? facts.modulusBits : Number(facts.curve.slice(2));
  if (minKeySize <= bits && bits <= maxKeySize) return undefined;
  return `the token makes keys of ${minKeySize} to ${maxKeySize} bits by ${mechanismName(generation)}`;
}

/** The ways to sign, other than that of the request, which the token lacks for the keys that it makes. */
function lackingSignatures(available: ReadonlySet<number>, specs: readonly KeySpec[]): string[] {
  return [...new Set(specs.flatMap(signaturesOf))].flatMap((algorithm) => {
    const lack = lackOf(available, numbersOf(algorithm));
    return lack === undefined ? [] : [`signatures by ${algorithm}: ${lack}`];
  });
}

/** Why a token does not wrap keys by RFC 5649, by its list of mechanisms; undefined if it may. */
export function keyWrapLack(available: ReadonlySet<number>): string | undefined {
  const numbers = new Set(keyWraps.map(({ mechanism }) => mechanism));
  return lackOf(available, [...numbers]) ?? lackOf(available, [mechanisms.CKM_AES_KEY_GEN]);
}

/** In words, that a token has none of these mechanisms; undefined if it has one. */
export function lackOf(available: ReadonlySet<number>, wanted: readonly number[]): string | undefined {
  if (wanted.some((mechanism) => available.has(mechanism))) return undefined;
  return `the token has no ${mechanismNames(wanted)}`;
}

function numbersOf(algorithm: SignatureAlgorithm): readonly number[] {
  return signatureStrategies[algorithm].map(({ mechanism }) => mechanism.mechanism);
}
