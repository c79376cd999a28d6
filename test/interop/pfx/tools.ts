import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectPfx, type PfxInspection } from '#crypto/pfx/inspect.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { toPem } from '#crypto/pkcs10.ts';
import { PfxError } from '#domain/errors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { otherPassword, password, type TestSubject } from '#test/unit/crypto/pfx/subject.ts';

/** What a program printed on its standard output, and how it ended. */
export interface Printed {
  status: number;
  output: string;
  messages: string;
}

/** Runs a program. One that is not installed is a failure. */
export function run(program: string, ...options: string[]): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, options, { timeout: 60_000 }, (error, output, messages) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === 'number') resolve({ status, output, messages });
      else reject(error ?? new TypeError(`${program} did not end by itself`));
    });
    child.stdin?.end();
  });
}

/** A folder of its own for one test, removed after it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pfx-interop-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const friendlyName = 'caEncryption_keyPair 7Q4F';
/** What `password` of the unit tests says, for programs that take it as an option or a file. */
export const right = password.text();
export const wrong = otherPassword.text();

/** Every key spec in each profile that a program takes. */
export function everySpec(...profiles: PfxProfile[]) {
  return profiles.flatMap((profile) => keySpecNames.map((spec) => ({ spec, profile })));
}

/** The file that we write for a subject. */
export async function ours(
  folder: string,
  { privateKey, certificate }: TestSubject,
  profile: PfxProfile = 'modern',
): Promise<string> {
  const file = join(folder, 'ours.pfx');
  const pfx = await writePfx({
    privateKey,
    certificates: [certificate],
    friendlyName,
    password,
    iterations: 2_048,
    profile,
  });
  await writeFile(file, pfx);
  return file;
}

/** Private key and certificate of a subject as PEM files, for programs to make a PFX of. */
export async function pemFiles(folder: string, { privateKey, certificate }: TestSubject) {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await writeFile(key, toPem('PRIVATE KEY', privateKey.bytes()), { mode: 0o600 });
  await writeFile(cert, toPem('CERTIFICATE', certificate));
  return { key, cert };
}

/** A file that holds a password, for programs that read it from there. */
export async function passwordFile(folder: string, text: string): Promise<string> {
  const file = join(folder, text === right ? 'right.txt' : 'wrong.txt');
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
}

/** What a file of others holds: one private key, which is whole and of the certificate. */
export interface TheirFile {
  inspection: PfxInspection;
  /** PKCS#8, DER */
  privateKey: Uint8Array;
  certificates: Uint8Array[];
  friendlyName: string | undefined;
}

/** Reads a file of others, as the command does that tells a person about it. */
export async function readFileOf(file: string): Promise<TheirFile> {
  const inspection = await inspectPfx(await readFile(file), password);
  const { keys, certificates } = inspection.found;
  const [key, ...more] = keys;
  if (key?.state !== 'whole' || more.length > 0) throw new TypeError('not one whole private key');
  return {
    inspection,
    privateKey: key.privateKey.bytes(),
    certificates: certificates.map(({ raw }) => new Uint8Array(raw)),
    friendlyName: key.friendlyName,
  };
}

/** Whether a file of others was refused for its password. */
export async function refusesOther(file: string): Promise<boolean> {
  const error = await inspectPfx(await readFile(file), otherPassword).catch((thrown) => thrown);
  return error instanceof PfxError && error.code === 'pfx-wrong-password-or-damaged';
}

/** What of a private key is the same whoever wrote it: its public half. */
export function publicOf(privateKey: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}
