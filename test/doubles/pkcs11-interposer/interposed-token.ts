import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { buildInterposer } from './build.ts';
import { checkLine } from './script.ts';

/** A SoftHSM token behind the interposer: what a provider needs to find it, and what a test tells and asks. */
export interface InterposedToken {
  /** Path of the interposer. */
  module: string;
  token: SoftHsmToken['token'];
  /** The variables of SoftHSM and of the interposer. */
  environment: Readonly<Record<string, string>>;
  /**
   * From now on the token misbehaves so, in every process that uses it; what was told before is forgotten, and without a
   * line it behaves again. Calls that hang go on. What the lines mean stands in `script.h`: `C_Sign: crash times 1`,
   * `C_Login: return CKR_PIN_INCORRECT`, `C_GenerateKeyPair: crash after`, `token: removed`, `sessions: at most 3`, ...
   * @throws TypeError for a line that it does not know
   */
  tell(...lines: string[]): void;
  /** How often a function was called until now, by all processes; those that did not return count too. */
  calls(name: string): number;
  /** What the calls of a function that returned gave, in order: `CKR_OK`, or hexadecimal where the name is not known. */
  results(name: string): string[];
  /** The processes that have called, in order of their first call; those that have ended too. */
  processes(): number[];
  /** Sessions that living processes have opened and not closed. */
  openSessions(): number;
}

/** Puts the interposer before a token. Script and log stand beside the token's configuration, and go with its folder. */
export async function interposedToken(token: SoftHsmToken): Promise<InterposedToken> {
  const folder = join(dirname(token.environment.SOFTHSM2_CONF), `interposer-${randomUUID()}`);
  mkdirSync(folder);
  const script = join(folder, 'script');
  const log = join(folder, 'log');
  const entries = () => readLog(log);
  return {
    module: await buildInterposer(),
    token: token.token,
    environment: {
      ...token.environment,
      INTERPOSED_MODULE: token.module,
      INTERPOSER_SCRIPT: script,
      INTERPOSER_LOG: log,
    },
    tell: (...lines) => writeScript(script, lines),
    calls: (name) => entries().filter(({ what, said }) => what === name && said === 'called').length,
    results: (name) =>
      entries()
        .filter(({ what, said }) => what === name && said !== 'called')
        .map(({ said }) => said),
    processes: () => [...new Set(entries().map(({ pid }) => pid))],
    openSessions: () => openSessions(entries()),
  };
}

/** Whole or not at all, since it is read at any time. */
function writeScript(path: string, lines: readonly string[]): void {
  lines.forEach(checkLine);
  const unfinished = `${path}.unfinished`;
  writeFileSync(unfinished, [`generation ${randomUUID()}`, ...lines, ''].join('\n'));
  renameSync(unfinished, path);
}

/** One line of the log. */
interface Entry {
  pid: number;
  /** A function, or `sessions`. */
  what: string;
  /** `called`, or the result; of `sessions`, `closed`. */
  said: string;
}

function readLog(path: string): Entry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [pid = '', what = '', said = ''] = line.split(' ');
    return { pid: Number(pid), what, said };
  });
}

const closeAll = ['C_CloseAllSessions CKR_OK', 'C_Finalize CKR_OK', 'sessions closed'];

function openSessions(entries: readonly Entry[]): number {
  const open = new Map<number, number>();
  for (const { pid, what, said } of entries) {
    const event = `${what} ${said}`;
    const before = open.get(pid) ?? 0;
    if (event === 'C_OpenSession CKR_OK') open.set(pid, before + 1);
    if (event === 'C_CloseSession CKR_OK') open.set(pid, before - 1);
    if (closeAll.includes(event)) open.set(pid, 0);
  }
  return [...open].reduce((sum, [pid, count]) => sum + (isAlive(pid) ? count : 0), 0);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
