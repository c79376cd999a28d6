import { lstatSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { EscrowError, SetUpError } from '#domain/errors.ts';
import { errorNumber, fileError, printable } from '#domain/plain-words.ts';
import { writeFileAtomically } from '#runtime/atomic-file.ts';
import { type Command, readArguments } from '../command.ts';
import { exitStatus, writeJson } from '../output.ts';

/** Makes an organization's recovery key, offline. The service is given the public half only. */
export const recoveryInit: Command = {
  words: ['recovery', 'init'],
  summary: "make an organization's recovery key, offline",
  help: `escrow recovery init --out FILE [--public FILE]

Makes the key pair that escrowed backups are sealed to. The private half is written to FILE, readable by you alone,
and nowhere else: keep it offline, in two places. The public half goes to standard output, and to --public if named;
the service is given that one. A file that exists is never overwritten.

  --out FILE      where the private half goes (JWK, mode 0600)
  --public FILE   where the public half goes, too
  --json          the public half as JSON, as it is without this option

Exit status: 0 made, 1 not made, 2 wrong usage.
Example: escrow recovery init --out recovery.private.jwk --public recovery.jwk
`,
  async run(args, output) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' },
      public: { type: 'string' },
      json: { type: 'boolean' },
    });
    if (values.out === undefined || positionals.length > 0) {
      throw new SetUpError('usage', { why: '--out must name the file for the private half.' });
    }
    const files: Files = { private: values.out, public: values.public };
    checkFree(files);
    const publicKey = await writeNewKey(files);
    output.message(
      `The private half is in ${printable(files.private)}. Without it, nothing in escrow can be recovered.`,
    );
    await writeJson(output, publicKey);
    return exitStatus.ok;
  },
};

interface Files {
  private: string;
  public: string | undefined;
}

/** Before anything is made, so that both files are written or none. */
function checkFree(files: Files): void {
  if (files.public !== undefined && resolve(files.public) === resolve(files.private)) {
    throw new SetUpError('usage', { field: '--public', why: 'it must name another file than --out' });
  }
  for (const file of [files.private, files.public]) {
    if (file !== undefined && isTaken(file)) {
      throw new SetUpError('refuses-to-overwrite', { field: file, why: 'it exists already' });
    }
  }
}

/** A link that leads nowhere takes its name, too. */
function isTaken(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return false;
    throw fileError(file, error);
  }
}

/** @returns the public half, which the private one precedes: nothing can be sealed to a key that is not kept */
async function writeNewKey(files: Files): Promise<unknown> {
  const { publicKey, privateKey } = await makeRecoveryKey();
  await write(files.private, privateKey, 0o600);
  if (files.public === undefined) return publicKey;
  try {
    await write(files.public, publicKey, 0o644);
  } catch (error) {
    // Nobody has seen the public half, so nothing is lost with the private one.
    await unlink(files.private);
    throw error;
  }
  return publicKey;
}

async function write(file: string, key: unknown, mode: number): Promise<void> {
  try {
    await writeFileAtomically(file, `${JSON.stringify(key, null, 2)}\n`, { mode });
  } catch (error) {
    throw error instanceof EscrowError ? error : fileError(file, error);
  }
}
