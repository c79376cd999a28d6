import type { PfxEncryption, PfxIntegrity, PfxProfile, PfxTraits } from './pfx-profile.ts';
import type { TargetFacts } from './pfx-target-facts.ts';
import { programFacts } from './pfx-target-programs.ts';
import { systemFacts } from './pfx-target-systems.ts';

/** The systems that a PFX may be meant for, as `--for` takes them. */
export const pfxTargets = [
  'windows-server-2016',
  'windows-10',
  'windows-11',
  'macos',
  'ios',
  'firefox',
  'java-8',
  'java-17',
  'java-26',
  'openssl-1.1',
  'openssl-3',
  'android',
  'gnutls',
] as const;
export type PfxTarget = (typeof pfxTargets)[number];

/** What is known of each system, and from where. */
export const targetTable: Readonly<Record<PfxTarget, TargetFacts>> = {
  ...systemFacts,
  ...programFacts,
};

/** The profile that a file for this system is to have. */
export function profileFor(target: PfxTarget): PfxProfile {
  return targetTable[target].profile;
}

/** Whether a system imports a file: `perhaps` where only some of its versions do, or the sources are thin. */
export interface ImportVerdict {
  target: PfxTarget;
  imports: 'yes' | 'perhaps' | 'no';
  /** For people, without a full stop: what stands against it. Empty for `yes`. */
  why: string;
}

/** What each system makes of a file of these traits, in the order of `pfxTargets`. */
export function importVerdicts(traits: PfxTraits): ImportVerdict[] {
  return pfxTargets.map((target) => verdictOf(target, obstacles(traits, targetTable[target])));
}

/** Something in a file that stands against its import, surely or perhaps. */
interface Obstacle {
  sure: boolean;
  why: string;
}

/** Where one thing is surely not read, what only may be is not told. */
function verdictOf(target: PfxTarget, found: Obstacle[]): ImportVerdict {
  const sure = found.filter((obstacle) => obstacle.sure);
  const told = sure.length > 0 ? sure : found;
  const imports = sure.length > 0 ? 'no' : found.length > 0 ? 'perhaps' : 'yes';
  return { target, imports, why: [...new Set(told.map(({ why }) => why))].join(', ') };
}

function obstacles(traits: PfxTraits, { takes, mayTake, needs, mostIterations }: TargetFacts): Obstacle[] {
  return [
    ...unread(traits.keys, takes.keys, mayTake.keys, keyWords, needs),
    ...unread(traits.certificates, takes.certificates, mayTake.certificates, certificateWords, needs),
    ...unread([traits.integrity], takes.integrities, mayTake.integrities, integrityWords),
    ...(mostIterations !== undefined && traits.mostIterations > mostIterations
      ? [{ sure: true, why: `refuses more than ${mostIterations.toLocaleString('en-US')} iterations` }]
      : []),
  ];
}

type Words = readonly [not: string, maybe: string];

function unread<T extends string>(
  found: readonly T[],
  takes: readonly T[],
  mayTake: readonly T[],
  words: Readonly<Record<T, Words>>,
  needs: Partial<Record<T, string>> = {},
): Obstacle[] {
  return found
    .filter((one) => !takes.includes(one))
    .map((one) => {
      const [not, maybe] = words[one];
      // What is not known here may be known there: most programs still read RC4.
      return one === 'other' || mayTake.includes(one)
        ? { sure: false, why: maybe }
        : { sure: true, why: needs[one] === undefined ? not : `${not} without ${needs[one]}` };
    });
}

const reads = (what: string): Words => [`does not read ${what}`, `may not read ${what}`];

const encryptionWords = {
  'pbes2-aes256-sha256': reads('AES-256'),
  'pbes2-aes': reads('AES of this length, or under this hash'),
  'pbes2-other': reads('this cipher under PBES2'),
  'sha1-triple-des': reads('triple DES'),
  'sha1-rc2-40': reads('RC2 of 40 bits'),
  'sha1-rc2-128': reads('RC2 of 128 bits'),
  other: reads('its encryption'),
} as const;

const keyWords: Readonly<Record<PfxEncryption, Words>> = {
  ...encryptionWords,
  none: reads('a private key in clear'),
};

const certificateWords: Readonly<Record<PfxEncryption, Words>> = {
  ...encryptionWords,
  none: reads('certificates in clear'),
};

const integrityWords: Readonly<Record<PfxIntegrity, Words>> = {
  'mac-sha256': reads('a SHA-256 MAC'),
  'mac-sha1': reads('a SHA-1 MAC'),
  'mac-sha2-other': reads('a MAC by this digest'),
  pbmac1: reads('PBMAC1'),
  signature: reads('a signed file'),
  other: reads('its MAC'),
  none: ['needs a MAC', 'may need a MAC'],
};
