import { PfxError } from '#domain/errors.ts';
import {
  type PfxEncryption,
  type PfxIntegrity,
  type PfxProfile,
  type PfxTraits,
  pfxProfiles,
} from '#domain/pfx-profile.ts';
import type { Bag } from './bags.ts';
import type { Encoding } from './ber.ts';
import { IterationBudget, inspectionBudget } from './budget.ts';
import type { Encryption } from './encryption.ts';
import { profileAlgorithms } from './profiles.ts';
import { type PfxStructure, readStructure } from './structure.ts';

/** How something in a file is protected. */
export interface Protection<Trait> {
  trait: Trait;
  /** For people, as in `PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC)`. */
  algorithm: string;
  /** Null where there is none, or none that is known here. */
  iterations: number | null;
}

/** What can be said of a PFX without its password. */
export interface PfxDescription {
  encoding: Encoding;
  /** The profile that all of its algorithms are of. */
  profile: PfxProfile | 'other';
  integrity: Protection<PfxIntegrity>;
  /** One for each private key. */
  keys: Protection<PfxEncryption>[];
  /** One for each part that holds certificates; before it is opened, an encrypted part is taken to. */
  certificates: Protection<PfxEncryption>[];
  traits: PfxTraits;
}

/** What is seen of a file: its structure, and the rules that it was read by, for what stands inside. */
export interface SeenPfx {
  structure: PfxStructure;
  rules: { strict: false; budget: IterationBudget };
}

/**
 * Reads the structure of a PFX of anybody's: DER, or else BER with indefinite lengths, bounded.
 * @throws PfxError as `readStructure`
 */
export function seePfx(bytes: Uint8Array, iterationBudget: number = inspectionBudget): SeenPfx {
  const read = (encoding: Encoding): SeenPfx => {
    const rules = { strict: false as const, budget: new IterationBudget(iterationBudget) };
    return { structure: readStructure(bytes, encoding, rules), rules };
  };
  try {
    return read('DER');
  } catch (error) {
    if (!(error instanceof PfxError) || error.code !== 'pfx-malformed') throw error;
    return read('BER');
  }
}

/**
 * Says what a PFX of anybody's is, as far as it shows without its password.
 * @throws PfxError as `readStructure`: for what is no PFX, or one that nobody should open
 */
export function describePfx(bytes: Uint8Array): PfxDescription {
  return describe(seePfx(bytes).structure);
}

/** @param opened the bags of its encrypted parts, one list a part, where they were opened */
export function describe(structure: PfxStructure, opened: readonly Bag[][] = []): PfxDescription {
  const { encoding } = structure;
  const keys: Protection<PfxEncryption>[] = [];
  const certificates: Protection<PfxEncryption>[] = [];
  const encrypted = structure.safes.filter((safe) => safe.kind === 'encrypted');
  for (const safe of structure.safes) {
    if (safe.kind === 'clear') sort(safe.bags, inClear, { keys, certificates });
  }
  for (const [i, { encrypted: part }] of encrypted.entries()) {
    const bags = opened[i];
    const protection = protectionOf(part.encryption);
    if (bags === undefined) certificates.push(protection);
    else sort(bags, protection, { keys, certificates });
  }
  const integrity = integrityOf(structure);
  const traits = traitsOf(integrity, keys, certificates);
  return { encoding, profile: profileOf(traits), integrity, keys, certificates, traits };
}

const inClear: Protection<PfxEncryption> = { trait: 'none', algorithm: 'nothing', iterations: null };

/** A shrouded key is as well protected as it is itself, whatever it stands in. */
function sort(
  bags: readonly Bag[],
  around: Protection<PfxEncryption>,
  { keys, certificates }: Pick<PfxDescription, 'keys' | 'certificates'>,
): void {
  for (const bag of bags) {
    if (bag.kind === 'shrouded key') keys.push(protectionOf(bag.encrypted.encryption));
    if (bag.kind === 'clear key') keys.push(around);
  }
  if (bags.some(({ kind }) => kind === 'certificate')) certificates.push(around);
}

function protectionOf({ trait, name, iterations }: Encryption): Protection<PfxEncryption> {
  return { trait, algorithm: name, iterations };
}

function integrityOf({ integrity }: PfxStructure): Protection<PfxIntegrity> {
  if (integrity === 'none') return { trait: 'none', algorithm: 'nothing', iterations: null };
  if (integrity === 'signature') return { trait: 'signature', algorithm: 'a signature', iterations: null };
  const { trait, name, iterations } = integrity;
  return { trait, algorithm: name, iterations };
}

function traitsOf(
  integrity: Protection<PfxIntegrity>,
  keys: readonly Protection<PfxEncryption>[],
  certificates: readonly Protection<PfxEncryption>[],
): PfxTraits {
  const each = (protections: readonly Protection<PfxEncryption>[]) => [
    ...new Set(protections.map(({ trait }) => trait)),
  ];
  const counts = [integrity, ...keys, ...certificates].map(({ iterations }) => iterations ?? 0);
  return {
    keys: each(keys),
    certificates: each(certificates),
    integrity: integrity.trait,
    mostIterations: Math.max(...counts),
  };
}

function profileOf({ keys, certificates, integrity }: PfxTraits): PfxDescription['profile'] {
  const encryptions = [...keys, ...certificates];
  const found = pfxProfiles.find((profile) => {
    const known = profileAlgorithms[profile];
    return known.integrity === integrity && encryptions.every((trait) => trait === known.encryption);
  });
  return found ?? 'other';
}
