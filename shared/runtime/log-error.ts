import { existsSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorTable } from '#domain/error-codes.ts';
import { asEscrowError } from '#domain/errors.ts';

/** Where our sources stand: frames of a stack are told relative to it. */
const root = fileURLToPath(new URL('../../', import.meta.url));

const mostCauses = 8;
const mostFrames = 12;

/** What an error is logged as. */
export interface LoggedError {
  code: string;
  /** Of one of the key provider only: what it says, which nobody who called is told more of and the operator must know. */
  why?: string;
  /** Of an `internal` one only: itself and the chain of its causes, each as its class and where it was thrown. */
  causes?: { error: string; at: string[] }[];
}

/**
 * An error as it may be logged: its code, and for an `internal` one the classes and the source lines of its causes. Never
 * a message of others: it may quote the data that it was about. One of the key provider is in our own words, which hold
 * no secret and nothing that a caller sent; it names tokens, aliases and files of the operator's.
 */
export function loggedError(thrown: unknown): LoggedError {
  const error = asEscrowError(thrown);
  if (errorTable[error.code].family === 'provider') return { code: error.code, why: error.message };
  if (error.code !== 'internal') return { code: error.code };
  const causes = causesOf(error).map((each) => ({ error: kindOf(each), at: framesOf(each) }));
  return { code: error.code, causes };
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  let each = error;
  // A chain may lead in a circle.
  while (each !== undefined && chain.length <= mostCauses && !chain.includes(each)) {
    chain.push(each);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain;
}

/** As in `TypeError` or `TypeError ERR_INVALID_ARG_TYPE`. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const name = /^\w{1,64}$/.exec(error.constructor.name)?.[0] ?? 'Error';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^(?:ERR_[A-Z0-9_]{1,60}|E[A-Z0-9]{2,20})$/.test(code) ? `${name} ${code}` : name;
}

/**
 * The source lines of a stack, as in `shared/steps/load.ts:42`. A stack begins with the message, which may hold anything,
 * lines that look like frames included; so a frame counts only if it names a file that is really there, and what is kept of
 * it is that file's name.
 */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  return error.stack
    .split('\n')
    .flatMap((line) => frameOf(line) ?? [])
    .slice(0, mostFrames);
}

function frameOf(line: string): string | undefined {
  const [, place, number, column] = /^ {4}at (?:.*\()?(\S+):(\d{1,7}):(\d{1,7})\)?$/.exec(line) ?? [];
  if (place === undefined) return undefined;
  try {
    const path = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (!path.startsWith(root) || !existsSync(path)) return undefined;
    // A bundle has few lines, and long ones.
    const within = path.endsWith('.mjs') ? `${number}:${column}` : number;
    return `${relative(root, path).split(sep).join('/')}:${within}`;
  } catch {
    // It was no address.
    return undefined;
  }
}
