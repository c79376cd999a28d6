import { outputOf, runProgram } from '#test/support/program.ts';
import type { VectorFacts } from '../vector.ts';

/** Makes the vectors of one program. It runs in a folder that holds the key pairs of material.ts. */
export interface Maker {
  program: string;
  version: () => Promise<string>;
  /** Writes each file into the working folder. @returns what is known of them */
  make: () => Promise<VectorFacts[]>;
}

/** The password of all vectors that need no other. An obvious test literal. */
export const password = 'vector password 1';
export const passwordFile = 'password.txt';
/** The name of all that need no other. */
export const friendlyName = 'caEncryption_keyPair 7Q4F';

/** What a case changes of `modernFacts`, part by part. */
export interface Changes extends Partial<Omit<VectorFacts, 'holds' | 'traits' | 'file'>> {
  holds?: Partial<VectorFacts['holds']>;
  traits?: Partial<VectorFacts['traits']>;
}

/** A file of one RSA key pair that is all that the profile `modern` asks for, but for what a case changes. */
export function factsOf(file: string, made: string, { holds, traits, ...changes }: Changes): VectorFacts {
  return {
    file,
    made,
    password,
    encoding: 'DER',
    ...changes,
    holds: { keys: ['RSA_2048'], certificates: 1, friendlyName, others: [], ...holds },
    traits: {
      keys: ['pbes2-aes256-sha256'],
      certificates: ['pbes2-aes256-sha256'],
      integrity: 'mac-sha256',
      mostIterations: 2_048,
      ...traits,
    },
    strict: changes.strict ?? { profile: 'modern', refusal: null },
    inspection: changes.inspection ?? null,
    openssl3: changes.openssl3 ?? 'opens',
  };
}

/** Not taken as `modern`, for an algorithm. */
export const unsupported = { profile: 'modern', refusal: 'pfx-unsupported' } as const;

/** Does the one after the other. */
export async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}

/** Runs a command in the working folder. @returns it as a person would type it */
export async function shown(program: string, ...args: string[]): Promise<string> {
  await outputOf(program, args);
  return typed(program, args);
}

/** The same for a command that writes its file, and fails to read it back. */
export async function shownFailing(program: string, ...args: string[]): Promise<string> {
  const { status } = await runProgram(program, args);
  if (status === 0) throw new TypeError(`${program} did not fail`);
  return typed(program, args);
}

const typed = (program: string, args: string[]) => [program, ...args].map(quoted).join(' ');

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The version of a Debian package that is installed. */
export async function debianVersion(name: string): Promise<string> {
  const [, version] = (await outputOf('dpkg-query', ['-W', name])).toString().trim().split('\t');
  return `Debian ${name} ${version}`;
}
