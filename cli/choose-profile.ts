import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { otherTargetNames } from '#domain/pfx-target-names.ts';
import { type PfxTarget, pfxTargets, targetTable } from '#domain/pfx-targets.ts';
import { ArgumentsError } from './command.ts';

/** The options that say how a file is to be written: for which system, or in which profile. */
export const profileOptions = {
  for: {
    type: 'string',
    value: 'TARGET',
    words: pfxTargets,
    otherWords: Object.keys(otherTargetNames),
    says: `the system that is to open the file, which gets the profile that it takes: ${pfxTargets.join(', ')}; also ${Object.keys(otherTargetNames).join(', ')}`,
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
  const named = targetNamed(values.for);
  if (named !== undefined) {
    const { target, why } = named;
    return { profile: targetTable[target].profile, target, why: [...why, reasonFor(target)].join(' ') };
  }
  return { profile: pfxProfiles.find((each) => each === values.profile), target: undefined, why: '' };
}

/** The system of a name, and what is to be said where it stands for another one. */
function targetNamed(name: string | undefined): { target: PfxTarget; why: string[] } | undefined {
  const target = pfxTargets.find((each) => each === name);
  if (target !== undefined) return { target, why: [] };
  if (name === undefined || !Object.hasOwn(otherTargetNames, name)) return undefined;
  const other = otherTargetNames[name];
  if (other === undefined) return undefined;
  const { system, since } = other;
  const from = since === undefined ? '' : `, ${since},`;
  const why =
    system === undefined ? [] : [`${system}${from} takes what ${targetTable[other.target].name} takes.`];
  return { target: other.target, why };
}

function reasonFor(target: PfxTarget): string {
  const { name, profile, modernSince, note } = targetTable[target];
  const only = modernSince === 'never' ? 'it takes' : `every version takes (modern: ${modernSince})`;
  const reason = profile === 'compatible' ? `the only profile that ${only}` : 'which it takes';
  return [`For ${name} the file is ${profile}, ${reason}.`, note ?? ''].join(' ').trim();
}
