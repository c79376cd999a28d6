import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { SetUpError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';

/** A person interrupted a question (Ctrl-C): the program ends with nothing said, as any interrupted one does. */
export class Interrupted extends SetUpError {
  constructor() {
    super('usage', { why: 'It was interrupted.' });
  }
}

/** Whether there is a person to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/**
 * What a person types, shown as it is typed.
 * @param question is written to standard error, so that standard output stays data
 * @throws SetUpError `usage` if it is broken off; Interrupted
 */
export async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr, historySize: 0 });
  try {
    return (await typedLine(reader.question(question), reader)).trim();
  } catch (cause) {
    process.stderr.write('\n');
    throw brokenOff('Nothing was entered.', cause);
  } finally {
    reader.close();
  }
}

/**
 * A secret that a person types, and nothing shows. Throws as `ask`.
 */
export async function askSecret(question: string): Promise<Secret> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal shows nothing that is typed; so the question comes after it.
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  const typed = typedLine(reader.question(''), reader);
  process.stderr.write(question);
  try {
    return Secret.fromText(await typed);
  } catch (cause) {
    throw brokenOff('No password was entered.', cause);
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

function brokenOff(why: string, cause: unknown): SetUpError {
  if (cause instanceof Interrupted) return cause;
  return new SetUpError('usage', { why, next: 'Run the same again.', cause });
}

/** An answer, or the end of it: Ctrl-C, or Ctrl-D on an empty line. */
function typedLine(answer: Promise<string>, reader: ReturnType<typeof createInterface>): Promise<string> {
  const ended = new Promise<never>((_resolve, reject) => {
    reader.once('SIGINT', () => reject(new Interrupted()));
    reader.once('close', () => reject(new SetUpError('usage', { why: 'The input ended.' })));
  });
  return Promise.race([answer, ended]);
}
