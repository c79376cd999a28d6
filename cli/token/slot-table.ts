import type { LibraryAndSlots } from '#adapters/pkcs11/child/calls.ts';
import type { LibraryFacts, SlotFacts } from '#adapters/pkcs11/slots.ts';
import { printable } from '#domain/plain-words.ts';
import { type Column, table } from '../terminal/table.ts';
import { tokenInWords } from './choose-token.ts';
import { pinInShort, pinTroubles } from './pin-states.ts';

const columns: readonly Column[] = [
  { heading: 'SLOT' },
  { heading: 'TOKEN', shortens: true },
  { heading: 'MODEL', shortens: true },
  { heading: 'SERIAL' },
  { heading: 'FIRMWARE' },
  { heading: 'PIN' },
];

/** A library, its slots and tokens, and what is to be done about their PINs. */
export function describeSlots({ library, slots }: LibraryAndSlots, width?: number): string {
  const rows = slots.map(({ slot, token }) => {
    if (token === undefined) return [slot, '(no token)'];
    const { label, model, serial, firmware, initialized } = token;
    return [slot, initialized ? label : '(blank)', model, serial, firmware, pinInShort(token)];
  });
  const troubles = slots.flatMap(({ token }) => (token === undefined ? [] : pinTroubles(token)));
  const shown = rows.length === 0 ? 'It has no slot.' : table(columns, rows, { width });
  return [
    printable(libraryInWords(library)),
    '',
    shown,
    ...(troubles.length === 0 ? [] : ['']),
    ...troubles.map(printable),
  ].join('\n');
}

/** As in `SoftHSM, Implementation of PKCS11 2.6, PKCS#11 2.40`. */
export function libraryInWords({ manufacturer, description, version, cryptoki }: LibraryFacts): string {
  return `${manufacturer}, ${description} ${version}, PKCS#11 ${cryptoki}`;
}

/** What to do next with a library, where that is plain. */
export function nextWithSlots(slots: readonly SlotFacts[]): string | undefined {
  const tokens = slots.flatMap(({ token }) => (token === undefined ? [] : [token]));
  if (tokens.some(({ initialized }) => initialized)) return undefined;
  if (tokens.length > 0) return 'No token is initialized yet: escrow token init makes one of a blank one.';
  return 'No token is in any slot. Insert one, or check the settings that the library reads.';
}

/** What a blank token has become. */
export function describeNewToken({ token }: SlotFacts): string {
  return printable(
    `${token === undefined ? 'The token' : tokenInWords(token)} is initialized, and has its PINs.`,
  );
}
