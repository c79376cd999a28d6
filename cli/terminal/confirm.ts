import { SetUpError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { ask, canAsk } from './prompt.ts';

/** The option that stands for a person's yes. */
export const yesOption = { type: 'boolean', says: 'do it without asking' } as const;

/**
 * Asks whether something is to be done; `--yes` has said so already.
 * @returns whether it is
 * @throws SetUpError `usage` if there is nobody to ask
 */
export async function confirmed(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes === true) return true;
  if (!canAsk()) {
    throw new SetUpError('usage', {
      why: 'There is no terminal to ask on whether this is to be done.',
      next: 'Say so with --yes.',
    });
  }
  return isYes(await ask(`${printable(question)} [y/N] `));
}

/** Asks a question that needs no answer to go on. @returns true only for a yes */
export async function wouldLike(question: string): Promise<boolean> {
  return canAsk() && isYes(await ask(`${printable(question)} [y/N] `));
}

function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer);
}

/**
 * Has a person type the name of what is about to be lost for ever; `--confirm` has typed it already.
 * @param name what must be typed
 * @throws SetUpError `usage` if something else was typed, or there is nobody to ask
 */
export async function typedAnew(name: string, what: string, typed: string | undefined): Promise<void> {
  if (typed === undefined && !canAsk()) {
    throw new SetUpError('usage', {
      why: 'There is no terminal to ask on whether this is to be done.',
      next: `Type the ${what} again with --confirm.`,
    });
  }
  const answer = typed ?? (await ask(`Type the ${what} again to go on (${printable(name)}): `));
  if (answer === name) return;
  throw new SetUpError('usage', {
    why: `What was typed is not the ${what}, so nothing was done.`,
    next: 'Run the same again.',
  });
}
