import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Purpose } from '#domain/purpose.ts';
import type { Subject } from './subject.ts';

const source = join(import.meta.dirname, 'yardstick.c');
const buildFolder = join(import.meta.dirname, '..', 'build');
const program = join(buildFolder, 'pfx-yardstick');

const outcome = v.object({ openssl: v.string(), nanoseconds: v.number() });
export type Outcome = v.InferOutput<typeof outcome>;

/** What one call of the C program is to do. */
export interface Rounds {
  iterations: number;
  rounds: number;
  purpose: Purpose;
}

/**
 * Compiles the C program.
 * @throws Error naming what to install if there is no C compiler or no header of OpenSSL
 */
export function buildYardstick(): void {
  mkdirSync(buildFolder, { recursive: true });
  const options = ['-O2', '-Wall', '-Wextra', '-o', program, source, '-lssl', '-lcrypto'];
  const built = spawnSync('cc', options, { encoding: 'utf8' });
  if (built.status === 0) return;
  const said = built.error?.message ?? built.stderr;
  throw new Error(`${said}\nThe yardstick needs: apt-get install -y gcc libc6-dev libssl-dev`);
}

/**
 * Runs the C program, which keeps time itself. The key reaches it by stdin, not by a file or an argument.
 * @returns nanoseconds for one round on average, and the version of its OpenSSL
 * @throws Error with what the program said if a step of it failed
 */
export function runYardstick({ privateKey, certificate, password }: Subject, rounds: Rounds): Outcome {
  const input = `${hex(privateKey.bytes())}\n${hex(certificate)}\n${password.text()}\n`;
  const options = [String(rounds.iterations), String(rounds.rounds), rounds.purpose];
  const run = spawnSync(program, options, { encoding: 'utf8', input });
  if (run.status !== 0) throw new Error(run.error?.message ?? run.stderr);
  return v.parse(outcome, JSON.parse(run.stdout));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
