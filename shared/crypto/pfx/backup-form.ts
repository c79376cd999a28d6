import { PfxError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { type Bag, foreignContent, type Names } from './bags.ts';
import { backupBudget, IterationBudget } from './budget.ts';
import type { Encrypted } from './encryption.ts';
import type { KeyedMac } from './mac.ts';
import type { ReadingRules } from './parameters.ts';
import { profileAlgorithms } from './profiles.ts';
import { type PfxStructure, readStructure, type Safe } from './structure.ts';

/** A PFX in the one form that a backup has, before its password is used: everything that opening it costs is known. */
export interface BackupForm {
  profile: PfxProfile;
  mac: KeyedMac & { value: Uint8Array; iterations: number };
  /** What the MAC is over. */
  authenticated: Uint8Array;
  key: Encrypted & { names: Names };
  /** Encrypted SafeContents that may hold certificates only. */
  certificates: Encrypted[];
  /** For what stands inside the encrypted parts. */
  rules: ReadingRules;
}

/**
 * Reads the structure of a backup: DER, the algorithms of one profile throughout, one private key and it shrouded, nothing of
 * value in clear, a MAC. The key may not stand inside an encrypted part, so that all iteration counts are seen, and
 * charged, before the first derivation.
 * @throws PfxError `pfx-malformed`, `pfx-too-large`, `pfx-unsafe-parameters`, `pfx-costly`, `pfx-not-by-password`,
 *   `pfx-no-mac`, `pfx-unsupported`, `pfx-unprotected`, `pfx-foreign-content`, `pfx-key-count`
 */
export function readBackupForm(
  bytes: Uint8Array,
  profile: PfxProfile,
  iterationBudget: number = backupBudget,
): BackupForm {
  const rules = { strict: true, budget: new IterationBudget(iterationBudget) };
  const structure = readStructure(bytes, 'DER', rules);
  const mac = macOf(structure, profile);
  const parts = structure.safes.map(partsOf);
  const [key, ...more] = parts.flatMap(({ keys }) => keys);
  if (key === undefined || more.length > 0) throw new PfxError('pfx-key-count');
  const certificates = parts.flatMap((part) => part.certificates);
  for (const { encryption } of [key, ...certificates]) {
    if (encryption.trait !== profileAlgorithms[profile].encryption) throw unsupported(encryption.name);
  }
  return { profile, mac, authenticated: structure.authenticated, key, certificates, rules };
}

function macOf({ integrity }: PfxStructure, profile: PfxProfile): BackupForm['mac'] {
  if (integrity === 'signature') throw new PfxError('pfx-not-by-password');
  if (integrity === 'none') throw new PfxError('pfx-no-mac');
  const { keyed, value, trait, name } = integrity;
  if (keyed === undefined || trait !== profileAlgorithms[profile].integrity) throw unsupported(name);
  return { ...keyed, value, iterations: keyed.key.iterations };
}

function partsOf(safe: Safe): { keys: BackupForm['key'][]; certificates: Encrypted[] } {
  switch (safe.kind) {
    case 'enveloped':
      throw new PfxError('pfx-not-by-password');
    case 'encrypted':
      return { keys: [], certificates: [safe.encrypted] };
    case 'clear':
      return { keys: safe.bags.map(shroudedKey), certificates: [] };
  }
}

/** The one thing that may stand in clear, for it is encrypted itself. */
function shroudedKey(bag: Bag): BackupForm['key'] {
  if (bag.kind === 'other') throw foreignContent(bag.what);
  if (bag.kind !== 'shrouded key') throw new PfxError('pfx-unprotected');
  const { encrypted, kind: _kind, ...names } = bag;
  return { ...encrypted, names };
}

/** @param what an algorithm's name */
function unsupported(what: string): PfxError {
  return new PfxError('pfx-unsupported', { why: `the file uses ${what}` });
}
