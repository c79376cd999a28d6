import type { SlotFacts } from '#adapters/pkcs11/slots.ts';
import { SetUpError } from '#domain/errors.ts';

const otherTools =
  "A token with keys is never initialized again here; if it is to be emptied, use its vendor's own tool.";

/**
 * The slot whose blank token is to be initialized, found before anybody is asked for PINs; the token's process looks
 * again. A token of the same label that a crash left without its PIN counts as blank.
 * @param named the option that the label follows from
 * @throws SetUpError `usage` if there is none, or it is initialized
 */
export function blankSlot(
  slots: readonly SlotFacts[],
  { slot: number, label, named }: { slot?: string | undefined; label: string; named: '--label' | '--data' },
): SlotFacts {
  const present = slots.filter(({ token }) => token !== undefined);
  const known = present.find(({ token }) => token?.initialized === true && token.label === label);
  if (known?.token?.pinInitialized === true) {
    const why = named === '--label' ? 'a token of this label' : `the token ${label}`;
    const other = named === '--label' ? 'choose another label' : 'name another folder';
    throw refused(named, `${why} is initialized already`, `Use it, or ${other}. ${otherTools}`);
  }
  if (number === undefined) {
    const chosen = known ?? present.find(({ token }) => token?.initialized === false);
    if (chosen !== undefined) return chosen;
    throw refused(
      undefined,
      'No slot of the library holds a token that is not initialized.',
      "Insert a blank token, or make a partition for it by the vendor's own tool.",
    );
  }
  const chosen = slots.find(({ slot }) => slot === number);
  if (chosen === undefined) {
    throw refused('--slot', 'the library has no such slot', 'See its slots by escrow token list.');
  }
  if (chosen.token === undefined) throw refused('--slot', 'no token is in it', 'Insert one.');
  if (chosen === known || !chosen.token.initialized) return chosen;
  const why = `it holds a token that is initialized already, labelled ${chosen.token.label}`;
  throw refused('--slot', why, `Choose another slot. ${otherTools}`);
}

function refused(field: string | undefined, why: string, next: string): SetUpError {
  return new SetUpError('usage', { ...(field !== undefined && { field }), why, next });
}
