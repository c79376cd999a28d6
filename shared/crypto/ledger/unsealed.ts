import { lineSha256, parseLine } from './line.ts';

/** How a file of lines ends that are not sealed yet: nobody signed it, so it shows damage and no forgery. */
export interface UnsealedEnd {
  /** The sequence of the last line. */
  sequence: number;
  /** SHA-256 of the last line, hex. */
  sha256: string;
}

const form = /^\{"end":\{"sequence":([1-9]\d{0,15}),"sha256":"([0-9a-f]{64})"\}\}$/;

/**
 * The text of lines that are not sealed yet: each ends with one newline, and after them stands how they end, since no line
 * after the last one names it.
 * @param lines as `formatLine` makes them, in their order; at least one
 * @throws ProofError `ledger-unreadable` if the last of them is none
 */
export function writeUnsealed(lines: readonly string[]): string {
  const last = lines.at(-1) ?? '';
  const { sequence } = parseLine(Buffer.from(last));
  const end: UnsealedEnd = { sequence, sha256: lineSha256(last) };
  return [...lines, JSON.stringify({ end }), ''].join('\n');
}

/** How lines end, by the line that stands after them, without its newline; undefined where it is none, down to its spelling. */
export function parseUnsealedEnd(bytes: Uint8Array): UnsealedEnd | undefined {
  const [, digits, sha256] = form.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  const sequence = Number(digits);
  return sha256 !== undefined && Number.isSafeInteger(sequence) ? { sequence, sha256 } : undefined;
}
