import { resolve } from 'node:path';
import { printable } from '#domain/plain-words.ts';

export interface NewTokenPlace {
  /** Path of the library. */
  module: string;
  label: string;
  /** Where the PIN is, as `--pin` takes it; absent if only a person knows it. */
  pin?: string | undefined;
  /** The data folder that it stands in, if it does. */
  data?: string | undefined;
}

/** What to do with a token that was just initialized: try it, then start the service on it. */
export function nextSteps({ module, label, pin, data }: NewTokenPlace): string {
  if (data !== undefined) {
    const where = `--data ${shellWord(resolve(data))}`;
    return ['Next:', shown(`escrow token probe ${where}`), shown(`npm start -- ${where} --keys pkcs11`)].join(
      '\n',
    );
  }
  const source = pin === undefined ? undefined : shellWord(inFull(pin));
  const [word, place] = [shellWord(label), shellWord(resolve(module))];
  return [
    'Next:',
    shown(
      `escrow token probe --module ${place} --token ${word}${source === undefined ? '' : ` --pin ${source}`}`,
    ),
    shown(
      `npm start -- --keys pkcs11 --token-module ${place} --token-label ${word} --token-pin ${source ?? 'file:PATH'}`,
    ),
    ...(source === undefined ? ['The service reads the PIN from a file that only it can read.'] : []),
  ].join('\n');
}

/** Whoever copies the line may be in another folder. */
function inFull(reference: string): string {
  const [, file] = /^file:(.+)$/s.exec(reference) ?? [];
  return file === undefined ? reference : `file:${resolve(file)}`;
}

function shown(line: string): string {
  return `  ${printable(line)}`;
}

/** A word as a POSIX shell takes it for one. */
function shellWord(text: string): string {
  return /^[\w.:/@%+=,#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
