import type { FindingName, NoteList, Place } from './findings.ts';
import type { SeenLine } from './seen-lines.ts';

/** Numbers of a process whose entries were not met, though later ones were. */
interface Gap {
  from: number;
  to: number;
  /** Of the entry that tells of them. */
  place: Place;
}

/** So many gaps of one process are looked through for what comes late; more are no accident. */
const mostGaps = 1_000;

/**
 * Where processes record side by side, each numbers its entries, and sealing puts them into one order. So what was removed before it
 * was sealed leaves a gap in the numbers of its process, and what was sealed twice has one number twice. What comes late may stand
 * after what was recorded later.
 */
export class WriterCheck {
  readonly #found: NoteList<FindingName>;
  readonly #next = new Map<string, number>();
  readonly #gaps = new Map<string, Gap[]>();

  constructor(found: NoteList<FindingName>) {
    this.#found = found;
  }

  /** @param lines in the order of the log */
  lines(file: string, lines: readonly SeenLine[]): void {
    for (const { says, number: line } of lines) {
      if (says?.by === undefined) continue;
      const { writer, number } = says.by;
      const place = { file, line, sequence: says.sequence };
      const next = this.#next.get(writer) ?? 1;
      if (number > next) this.#open(writer, { from: next, to: number - 1, place });
      if (number < next) this.#close(writer, number, place);
      else this.#next.set(writer, number + 1);
    }
  }

  /** Tells of what was never met. */
  end(): void {
    for (const gap of [...this.#gaps.values()].flat()) this.#tell(gap);
  }

  #open(writer: string, gap: Gap): void {
    const gaps = this.#gaps.get(writer) ?? [];
    this.#gaps.set(writer, gaps);
    if (gaps.length < mostGaps) gaps.push(gap);
    else this.#tell(gap);
  }

  #close(writer: string, number: number, place: Place): void {
    const gaps = this.#gaps.get(writer) ?? [];
    const index = gaps.findIndex(({ from, to }) => from <= number && number <= to);
    const gap = gaps[index];
    if (gap === undefined) {
      this.#found.add('line-duplicated', place, 'its entry stands in the ledger under another sequence, too');
      return;
    }
    const [before, after] = [
      { ...gap, to: number - 1 },
      { ...gap, from: number + 1 },
    ];
    gaps.splice(index, 1, ...[before, after].filter(({ from, to }) => from <= to));
  }

  #tell({ from, to, place }: Gap): void {
    const count = to - from + 1;
    const what = count === 1 ? 'an entry is in no line' : `${count} entries are in no line`;
    this.#found.add('entry-missing', place, `${what} that the same process recorded before this one`);
  }
}
