import type { PfxTarget } from './pfx-targets.ts';

/** Another name by which a person may ask for a file. */
export interface OtherTargetName {
  /** The system of the table that takes the same, by the sources that are named there. */
  target: PfxTarget;
  /** The system that is meant, for people; undefined where the name is but another one of the same. */
  system?: string;
  /** The first version of it that does, in words. */
  since?: string;
}

/** Names beside those of `pfxTargets`, for what somebody has in hand. */
export const otherTargetNames: Readonly<Record<string, OtherTargetName>> = {
  win10: { target: 'windows-10' },
  win11: { target: 'windows-11' },
  'windows-server-2019': { target: 'windows-10', system: 'Windows Server 2019' },
  'windows-server-2022': { target: 'windows-10', system: 'Windows Server 2022' },
  'windows-server-2025': { target: 'windows-10', system: 'Windows Server 2025' },
  thunderbird: { target: 'firefox' },
  // AES came to Java 11 with 11.0.12, as the table says of Java 8.
  'java-11': { target: 'java-17', system: 'Java 11', since: 'from 11.0.12 on' },
  'java-21': { target: 'java-17', system: 'Java 21' },
  'java-25': { target: 'java-17', system: 'Java 25' },
};
