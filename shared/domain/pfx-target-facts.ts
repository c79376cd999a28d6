import type { PfxEncryption, PfxIntegrity, PfxProfile } from './pfx-profile.ts';

/** What a system imports of PFX files. */
export interface PfxReach {
  keys: readonly PfxEncryption[];
  certificates: readonly PfxEncryption[];
  integrities: readonly PfxIntegrity[];
}

/** One fact about a system, in our words, and where it is said. */
export interface PfxSource {
  says: string;
  url: string;
}

/** A system that a PFX may be meant for. Without a version, its name means those that its vendor still maintains. */
export interface TargetFacts {
  /** For people. */
  name: string;
  /** What it is to be given: the strongest profile that is sure to be taken by every version of that name. */
  profile: PfxProfile;
  /** What every version of that name takes. */
  takes: PfxReach;
  /** What only some versions, or some ways into it, take, or what the sources are too thin on to promise. */
  mayTake: PfxReach;
  /** The highest iteration count that it accepts; without it, no limit is known. */
  mostIterations?: number;
  /** The first version that reads the profile `modern`, in words. */
  modernSince: string;
  /** The first version that reads PBMAC1, in words. */
  pbmac1Since: string;
  /** `here`: an automated test of this project opens our files with it. */
  tried: 'here' | 'from documentation';
  /** What whoever is about to take a file there should know, in sentences. */
  note?: string;
  /** What else is known: of files that are not ours, and how it was tried. */
  details?: string;
  /** What it reads with an option only, as in `the option -legacy`. */
  needs?: Partial<Record<PfxEncryption, string>>;
  /** Where the sources disagree or are thin. */
  uncertain?: string;
  sources: readonly PfxSource[];
}

/** The encryption of the profiles `modern` and `pbmac1`. */
export const aes = 'pbes2-aes256-sha256';

/** What was written before there was PBES2, and is read nearly everywhere. */
export const legacy = ['sha1-triple-des', 'sha1-rc2-40', 'sha1-rc2-128'] as const;

/** The MACs by PKCS12KDF. */
export const everyMac = ['mac-sha256', 'mac-sha1', 'mac-sha2-other'] as const;

/** For a system about which nothing is in doubt. */
export const nothing: PfxReach = { keys: [], certificates: [], integrities: [] };
