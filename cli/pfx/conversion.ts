import { sha256Hex } from '#crypto/identifiers.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { keySpecOf, spkiSha256 } from '#crypto/public-key.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { PfxTarget } from '#domain/pfx-targets.ts';
import { profileWarnings } from '#domain/pfx-warnings.ts';
import { type ImportFacts, importFacts } from './imports.ts';
import type { Rewritten } from './rewrite.ts';
import type { PfxSource } from './source.ts';

/** What came of a conversion, as `--json` prints it. */
export interface Conversion {
  file: string;
  profile: PfxProfile;
  /** The system that it is for; null where a profile was named. */
  target: PfxTarget | null;
  /** Of the file, hex. */
  pfxSha256: string;
  /** Of each derivation. */
  iterations: number;
  key: { spec: KeySpec | null; spkiSha256: string };
  friendlyName: string;
  /** How many. */
  certificates: number;
  /** What was done to prove it, by which implementation. */
  provedBy: string[];
  /** What its owner should know of the old file, in sentences. */
  notes: string[];
  /** What its owner must know of the new one. */
  warning?: string;
  targets: ImportFacts[];
}

interface Converted {
  file: string;
  profile: PfxProfile;
  target: PfxTarget | undefined;
  source: PfxSource;
  rewritten: Rewritten;
}

export function conversionFacts({ file, profile, target, source, rewritten }: Converted): Conversion {
  const { pfx, iterations, proof } = rewritten;
  const spki = source.publicKey.export({ format: 'der', type: 'spki' });
  const warning = profileWarnings[profile];
  return {
    ...{ file, profile, target: target ?? null, pfxSha256: sha256Hex(pfx), iterations },
    key: { spec: keySpecOf(spki) ?? null, spkiSha256: spkiSha256(spki) },
    friendlyName: source.friendlyName,
    certificates: proof.certificates,
    provedBy: proof.provedBy,
    notes: source.notes,
    ...(warning !== undefined && { warning }),
    targets: importFacts(describePfx(pfx).traits, undefined),
  };
}
