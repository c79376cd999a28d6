import type { PfxDescription, Protection } from '#crypto/pfx/describe.ts';
import type { PfxInspection } from '#crypto/pfx/inspect.ts';
import { guessesASecond } from './guessing.ts';

/** How a part is protected. */
export interface ProtectionFacts {
  /** For people, as in `PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC)`; `nothing` where it is in clear. */
  algorithm: string;
  /** Null where there are none, or none that are known here. */
  iterations: number | null;
}

/** How strong it is, in short. */
export function strengthOf({ profile, integrity, keys, certificates }: PfxDescription) {
  const lowest = (parts: readonly Protection<unknown>[]) =>
    parts.length === 0 ? 0 : Math.min(...parts.map((part) => part.iterations ?? 0));
  return {
    profile,
    iterations: { mac: lowest([integrity]), key: lowest(keys), certificates: lowest(certificates) },
  };
}

/** How it is protected, part by part. @param verified whether its MAC was verified; null where that was not tried */
export function protectionOf(description: PfxDescription, verified: boolean | null) {
  const { encoding, integrity, keys, certificates } = description;
  const facts = ({ algorithm, iterations }: Protection<unknown>) => ({ algorithm, iterations });
  const none = integrity.trait === 'none';
  return {
    encoding,
    integrity: { ...facts(integrity), verified: none ? null : verified },
    encryption: { keys: keys.map(facts), certificates: certificates.map(facts) },
    guessesASecond: guessesASecond(description) ?? null,
  };
}

/** Whether the password of a file was checked by anything in it: a MAC, or a part that it decrypted. */
export function isUnderPassword({ macVerified, traits }: PfxInspection): boolean {
  return macVerified || [...traits.keys, ...traits.certificates].some((trait) => trait !== 'none');
}
