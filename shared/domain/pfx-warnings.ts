import type { PfxProfile } from './pfx-profile.ts';

/**
 * What a person must know who takes a copy of a profile, in whole sentences; undefined where there is nothing. Triple DES may
 * protect nothing new since 2024 (SP 800-131A revision 2), and neither it nor SHA-1 makes up for a password that can be guessed.
 */
export const profileWarnings: Readonly<Record<PfxProfile, string | undefined>> = {
  modern: undefined,
  compatible:
    'This copy is under triple DES and SHA-1, on which nothing new should rest, for systems that take nothing better: its generated password is all that protects it. Use that password nowhere else, and delete the file once it is imported.',
  pbmac1: undefined,
};
