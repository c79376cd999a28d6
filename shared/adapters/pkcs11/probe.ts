import { performance } from 'node:perf_hooks';
import type { KeySpec } from '#domain/key-spec.ts';
import { attempt } from './attempt.ts';
import { readCapabilities } from './capabilities.ts';
import { mechanismFlags } from './constants.ts';
import type { Cryptoki, Handle, MechanismInfo } from './cryptoki.ts';
import { providerError, returnValueOf } from './errors.ts';
import { mechanismName } from './mechanisms.ts';
import type { TokenSession } from './operations.ts';
import { type Need, needsOf, type Service } from './probe-needs.ts';
import { factsOf, type LibraryFacts, libraryFacts, type SlotFacts } from './slots.ts';
import { ThrowAwayKeys } from './throw-away-keys.ts';

export interface MechanismFacts {
  /** CKM_ name, or the number in hexadecimal digits. */
  name: string;
  number: number;
  /** In bits or bytes, as PKCS#11 says for each mechanism; 0 where it has no keys. */
  minKeySize: number;
  maxKeySize: number;
  /** What it is for: `sign`, `wrap`, ... */
  uses: string[];
}

/** How a token meets one need. */
export interface NeedReport {
  need: string;
  /** What the service cannot do without it. */
  serves: Service;
  /** The key pairs that it is about, where it is about some only. */
  spec?: KeySpec;
  /** Whether it was tried on the token; false where its list of mechanisms already says no. */
  tried: boolean;
  works: boolean;
  /** How it works, in words. */
  strategy?: string;
  /** Why it does not work, in words. */
  why?: string;
  /** How long the trial took; absent if there was none. */
  milliseconds?: number;
}

/** What a token can do for this service. Plain data. */
export interface ProbeReport {
  library: LibraryFacts;
  /** The slot, its token and the token's firmware. */
  slot: SlotFacts;
  mechanisms: MechanismFacts[];
  needs: NeedReport[];
  /** What is missing, a sentence each. */
  missing: string[];
}

/**
 * Reads what a token says of itself, and tries everything that the service may want of it on keys that are thrown away. It
 * takes seconds: RSA-4096 keys are made. Nothing is left in the token.
 * @param token a session that is logged in
 * @throws ProviderError `provider-unavailable` if the token is lost meanwhile
 */
export async function probeToken(token: TokenSession, slot: Handle): Promise<ProbeReport> {
  const { cryptoki } = token;
  const keys = new ThrowAwayKeys(token);
  try {
    const capabilities = readCapabilities(cryptoki, slot);
    const needs: NeedReport[] = [];
    for (const need of needsOf({ token, slot, capabilities, keys })) needs.push(await reportOf(need));
    return {
      library: libraryFacts(cryptoki),
      slot: factsOf(cryptoki, slot),
      mechanisms: mechanismFacts(cryptoki, slot),
      needs,
      missing: needs.flatMap(({ need, works, why }) => (works ? [] : [`${need}: ${why}`])),
    };
  } catch (error) {
    throw providerError(error);
  } finally {
    keys.destroy();
  }
}

async function reportOf({ lack, work, ...what }: Need): Promise<NeedReport> {
  if (lack !== undefined) return { ...what, tried: false, works: false, why: lack };
  const start = performance.now();
  const tried = await attempt(work);
  const milliseconds = Math.round((performance.now() - start) * 10) / 10;
  return tried.works
    ? { ...what, tried: true, works: true, strategy: tried.value, milliseconds }
    : { ...what, tried: true, works: false, why: tried.why, milliseconds };
}

/** Every mechanism of a token, by number. */
export function mechanismFacts(cryptoki: Cryptoki, slot: Handle): MechanismFacts[] {
  return cryptoki
    .C_GetMechanismList(slot)
    .toSorted((one, other) => one - other)
    .map((number) => {
      const { minKeySize, maxKeySize, flags } = infoOf(cryptoki, slot, number);
      return { name: mechanismName(number), number, minKeySize, maxKeySize, uses: usesOf(flags) };
    });
}

/** What a token says of a mechanism that it lists; nothing if it then denies it. */
function infoOf(cryptoki: Cryptoki, slot: Handle, mechanism: number): MechanismInfo {
  try {
    return cryptoki.C_GetMechanismInfo(slot, mechanism);
  } catch (error) {
    if (returnValueOf(error) !== 'CKR_MECHANISM_INVALID') throw error;
    return { minKeySize: 0, maxKeySize: 0, flags: 0 };
  }
}

/** `sign` for CKF_SIGN. */
function usesOf(flags: number): string[] {
  return Object.entries(mechanismFlags)
    .filter(([, flag]) => (flags & flag) !== 0)
    .map(([name]) => name.slice('CKF_'.length).toLowerCase().replaceAll('_', ' '));
}
