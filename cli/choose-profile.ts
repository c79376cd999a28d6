import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { type PfxTarget, pfxTargets, targetTable } from '#domain/pfx-targets.ts';
import { ArgumentsError } from './command.ts';

/** The options that say how a file is to be written: for which system, or in which profile. */
export const profileOptions = {
  for: {
    type: 'string',
    value: 'TARGET',
    words: pfxTargets,
    says: `the system that is to open the file, which gets the profile that it takes: ${pfxTargets.join(', ')}`,
  },
  profile: {
    type: 'string',
    value: 'NAME',
    words: pfxProfiles,
    says: 'how the file is written: modern (the usual; AES-256, SHA-256), compatible (triple DES, SHA-1; for old systems) or pbmac1 (as modern, with the MAC of RFC 9879; for new ones)',
  },
} as const;

export interface ProfileValues {
  for?: string | undefined;
  profile?: string | undefined;
}

/** How a file is to be written. */
export interface ChosenProfile {
  /** Undefined where nothing was said of it. */
  profile: PfxProfile | undefined;
  target: PfxTarget | undefined;
  /** Why it is this one, in sentences; empty where it was named itself. */
  why: string;
}

/**
 * The profile that the options say, which `command` has found to be among the known words.
 * @throws ArgumentsError if both say one
 */
export function chooseProfile(values: ProfileValues): ChosenProfile {
  if (values.for !== undefined && values.profile !== undefined) {
    throw new ArgumentsError({ why: '--for and --profile both say how the file is written: choose one.' });
  }
  const target = pfxTargets.find((each) => each === values.for);
  if (target !== undefined) return { profile: targetTable[target].profile, target, why: reasonFor(target) };
  return { profile: pfxProfiles.find((each) => each === values.profile), target, why: '' };
}

function reasonFor(target: PfxTarget): string {
  const { name, profile, modernSince, tried, note } = targetTable[target];
  const only = modernSince === 'never' ? 'it takes' : `every version takes (modern: ${modernSince})`;
  const reason =
    profile === 'compatible'
      ? `the only profile that ${only}`
      : `which it takes (${tried === 'here' ? 'tried' : tried})`;
  return [`For ${name} the file is ${profile}, ${reason}.`, note ?? ''].join(' ').trim();
}
