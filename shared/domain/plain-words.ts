import { type EscrowError, SetUpError, StoreError } from './errors.ts';

/** An error as a person reads it, on one line: what is wrong, what to do, its code. Never its cause, never a stack trace. */
export function explain({ message, details, next, code }: EscrowError): string {
  // A field or file is named as it is written; a sentence begins with a capital letter.
  const what = details.field === undefined ? capital(message) : message;
  return printable(`${sentence(what)} ${sentence(capital(next))} (${code})`);
}

/** Ends with a full stop what does not end as a sentence does. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The same with a capital letter first. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Text of others as a terminal may show it: control, invisible and direction-changing characters become `?`. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

interface Trouble {
  why: string;
  next: string;
  /** Whether the machine is at fault, and the same command may succeed later. */
  passes?: boolean;
}

/** What the error numbers of POSIX mean to whoever named the file. */
const troubles: Readonly<Record<string, Trouble>> = {
  ENOENT: { why: 'there is no such file', next: 'Check its name and folder.' },
  EACCES: { why: 'you may not read or write it', next: 'Check whose it is, or name another.' },
  EPERM: { why: 'you may not read or write it', next: 'Check whose it is, or name another.' },
  EROFS: { why: 'it is on a disk that cannot be written', next: 'Name another place.' },
  EISDIR: { why: 'it is a folder, not a file', next: 'Name a file.' },
  ENOTDIR: { why: 'a file stands where a folder must be', next: 'Name another place.' },
  EEXIST: { why: 'a file stands where a folder must be', next: 'Name another place.' },
  ENAMETOOLONG: { why: 'its name is too long', next: 'Shorten it.' },
  ELOOP: { why: 'its links lead in a circle', next: 'Check where they lead.' },
  ENOSPC: { why: 'the disk is full', next: 'Make room, then run the same again.', passes: true },
  EDQUOT: { why: 'the disk quota is used up', next: 'Make room, then run the same again.', passes: true },
  EIO: {
    why: 'the disk failed to read or write',
    next: 'Check the disk, then run the same again.',
    passes: true,
  },
};

/** The error number's name, as in `ENOENT`, of an error of `node:fs`; undefined of any other value. */
export function errorNumber(error: unknown): string | undefined {
  const name = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof name === 'string' && /^E[A-Z0-9]+$/.test(name) ? name : undefined;
}

/**
 * What an error of `node:fs` over a file or folder means to the person who named it.
 * @param named the file as the person named it
 * @returns StoreError `store-unavailable` where the disk is at fault; SetUpError `usage` otherwise
 */
export function fileError(named: string, cause: unknown): EscrowError {
  const number = errorNumber(cause);
  const { why, next, passes } = troubles[number ?? ''] ?? {
    why: `it cannot be used${number === undefined ? '' : ` (${number})`}`,
    next: 'Check the file, or name another.',
  };
  const details = { field: named, why, next, cause };
  return passes === true ? new StoreError('store-unavailable', details) : new SetUpError('usage', details);
}

/**
 * What an error of `parseArgs` of `node:util` means to the person who typed the arguments. It names the option only: a
 * value may be a secret that should not have been typed there.
 */
export function argumentError(cause: unknown): SetUpError {
  const message = cause instanceof Error ? cause.message : '';
  const [, kind, option] = /^(Unknown option|Option) '(?:-\w, )?(--?[\w-]+)/.exec(message) ?? [];
  if (option === undefined) {
    return new SetUpError('usage', { why: 'an argument stands there that belongs to no option', cause });
  }
  if (kind !== 'Option')
    return new SetUpError('usage', { field: option, why: 'there is no such option', cause });
  const why = message.includes('does not take') ? 'the option takes no value' : 'the option lacks its value';
  return new SetUpError('usage', { field: option, why, cause });
}
