import { stripVTControlCharacters } from 'node:util';
import { printable } from '#domain/plain-words.ts';

/** A column of a table. */
export interface Column {
  heading: string;
  /** Whether it may be shortened where the terminal is too narrow for all. */
  shortens?: boolean;
  /** How wide it is at least, in characters, so that several tables line up. */
  least?: number;
}

export interface TableSettings {
  /** Whether the headings stand above; they do if absent. */
  headed?: boolean;
  /** Of the terminal, in characters; undefined where there is none, and so no end. */
  width?: number | undefined;
}

const gap = '  ';
const ellipsis = '…';
const narrowest = 8;

/**
 * Rows under headings, each column as wide as its widest cell. Where they do not fit, columns that may be shortened are; a
 * file or a pipe gets everything.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { headed = true, width = process.stdout.columns }: TableSettings = {},
): string {
  const headings = columns.map(({ heading }) => heading);
  const cells = rows.map((row) => row.map(printable));
  const natural = columns.map(({ least = 0 }, index) =>
    Math.max(least, ...[headings, ...cells].map((row) => cellWidth(row[index] ?? ''))),
  );
  const widths = width === undefined ? natural : fitted(columns, natural, width);
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, index) => padded(cell, widths[index] ?? 0))
      .join(gap)
      .trimEnd();
  return (headed ? [headings, ...cells] : cells).map(lineOf).join('\n');
}

/** Takes from the widest of those that may give, one character at a time, until all fits or none may. */
function fitted(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1));
  while (total() > width) {
    const giving = columns
      .map((column, index) => ({ index, width: widths[index] ?? 0, shortens: column.shortens === true }))
      .filter((each) => each.shortens && each.width > narrowest)
      .sort((a, b) => b.width - a.width)[0];
    if (giving === undefined) break;
    widths[giving.index] = giving.width - 1;
  }
  return widths;
}

function padded(cell: string, width: number): string {
  const own = cellWidth(cell);
  if (own <= width) return cell + ' '.repeat(width - own);
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(cell)) {
    if (cellWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return kept + ellipsis + ' '.repeat(Math.max(0, width - 1 - cellWidth(kept)));
}

/** How many columns of a terminal a text takes: letters of East Asian scripts and pictures take two, marks none. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(stripVTControlCharacters(text))) {
    width += wide.test(segment) ? 2 : 1;
  }
  return width;
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
