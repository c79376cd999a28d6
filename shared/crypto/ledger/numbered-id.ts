/**
 * The form of ids that processes give which record side by side: `led_`, the time in base 36, what tells the process from every
 * other (18 hexadecimal digits), and as its which entry it recorded this one, in base 36. Other ids tell nothing.
 */
export const numberedId = /^led_([0-9a-z]{9})([0-9a-f]{18})([0-9a-z]{1,6})$/;

/** Which of the entries that a process recorded an entry is, from 1. */
export interface EntryNumber {
  writer: string;
  number: number;
}

/** What an id tells of that; undefined where it tells nothing. */
export function entryNumber(id: string): EntryNumber | undefined {
  const [, , writer, digits = ''] = numberedId.exec(id) ?? [];
  return writer === undefined ? undefined : { writer, number: Number.parseInt(digits, 36) };
}
