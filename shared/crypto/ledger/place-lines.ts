import type { FindingName, Place } from './findings.ts';
import type { SeenLine } from './seen-lines.ts';

/** What is known of a span of lines from elsewhere: from checkpoints, and from the lines before. */
export interface Span {
  firstSequence: number;
  /** Undefined where no checkpoint says it. */
  lastSequence: number | undefined;
  /** SHA-256 of the line before the first one. */
  previousSha256: string | undefined;
  /** SHA-256 of the last line, as the checkpoint has it. */
  lastSha256: string | undefined;
}

/** What became of the lines of a span. */
export interface Placed {
  /** The lines in the order of their sequences, if none of them is altered or missing. */
  whole: SeenLine[] | undefined;
  /** Whether the first line, itself vouched for, names another line before it than the one that is there. */
  followsAnother: boolean;
  found: { name: FindingName; place: Omit<Place, 'file'>; why: string }[];
}

/**
 * Puts the lines of a file into the places that they were recorded for, and says which are altered, missing, there twice, slipped
 * in or out of order.
 *
 * Each line names the SHA-256 of the one before, and the checkpoint that of the last one. So lines are vouched for from the
 * last one back: where the line that is named is not there, the one that stands in its place is altered, or none stands there and
 * it is missing. What is before such a place is vouched for by nothing but its own links, and taken by what it says of itself.
 */
export function placeLines(lines: readonly SeenLine[], span: Span): Placed {
  if (isInOrder(lines, span)) return { whole: [...lines], followsAnother: false, found: [] };
  const placing = new Placing(lines, span);
  placing.placeAll();
  return placing.result();
}

function isInOrder(lines: readonly SeenLine[], span: Span): boolean {
  let previous = span.previousSha256;
  for (const [index, { says, sha256 }] of lines.entries()) {
    if (says?.sequence !== span.firstSequence + index) return false;
    if (previous !== undefined && says.previousSha256 !== previous) return false;
    previous = sha256;
  }
  const last = span.firstSequence + lines.length - 1;
  const isComplete = span.lastSequence === undefined || span.lastSequence === last;
  return isComplete && (span.lastSha256 === undefined || span.lastSha256 === previous);
}

class Placing {
  readonly #lines: readonly SeenLine[];
  readonly #span: Span;
  readonly #last: number;
  readonly #bySha256: Map<string, number[]>;
  readonly #bySequence: Map<number, number[]>;
  /** Indexes of lines by the sequences that they were recorded for. */
  readonly #places = new Map<number, number>();
  readonly #lost = new Set<number>();
  /** Those of the places whose line is the one that something vouched for names. */
  readonly #vouched = new Set<number>();
  readonly #found: Placed['found'] = [];
  #followsAnother = false;

  constructor(lines: readonly SeenLine[], span: Span) {
    this.#lines = lines;
    this.#span = span;
    this.#bySha256 = Map.groupBy(lines.keys(), (index) => lines[index]?.sha256 ?? '');
    this.#bySequence = Map.groupBy(lines.keys(), (index) => lines[index]?.says?.sequence ?? 0);
    this.#last = span.lastSequence ?? this.#likelyLast();
  }

  /** Where nothing says how many lines there are: as far as the last one that says where it stands, if that can be. */
  #likelyLast(): number {
    const { firstSequence } = this.#span;
    const says = this.#lines.findLast((line) => line.says !== undefined)?.says?.sequence ?? 0;
    const most = firstSequence + 2 * this.#lines.length;
    return says >= firstSequence && says < most ? says : firstSequence + this.#lines.length - 1;
  }

  placeAll(): void {
    let named = this.#span.lastSha256;
    for (let sequence = this.#last; sequence >= this.#span.firstSequence; sequence -= 1) {
      named = this.#place(sequence, named);
    }
    this.#judgeFirst(named);
  }

  /** @returns the SHA-256 that the line before is known to have; undefined where nothing says so */
  #place(sequence: number, named: string | undefined): string | undefined {
    const claiming = this.#nearest(this.#bySequence.get(sequence) ?? [], sequence);
    const index = named === undefined ? claiming : this.#nearest(this.#copiesOf(named, sequence), sequence);
    if (index !== undefined) {
      this.#places.set(sequence, index);
      if (named !== undefined) this.#vouched.add(sequence);
      return this.#lines[index]?.says?.previousSha256;
    }
    this.#lost.add(sequence);
    const claimed = claiming === undefined ? undefined : this.#lines[claiming]?.says?.previousSha256;
    // What an altered line says of the one before is believed if there is such a line.
    return claimed !== undefined && this.#bySha256.has(claimed) ? claimed : undefined;
  }

  /** Indexes of the lines with this SHA-256, if they say that they stand there; all copies say the same. */
  #copiesOf(sha256: string, sequence: number): readonly number[] {
    const copies = this.#bySha256.get(sha256) ?? [];
    return this.#lines[copies[0] ?? -1]?.says?.sequence === sequence ? copies : [];
  }

  /** Of several copies, the last one that stands before the line that follows. */
  #nearest(indexes: readonly number[], sequence: number): number | undefined {
    const next = this.#places.get(sequence + 1) ?? this.#lines.length;
    return indexes.findLast((index) => index < next) ?? indexes.at(-1);
  }

  /** @param named what the first line names as the one before it */
  #judgeFirst(named: string | undefined): void {
    const { firstSequence, previousSha256 } = this.#span;
    const differs = previousSha256 !== undefined && named !== previousSha256;
    if (!differs || !this.#places.has(firstSequence)) return;
    if (this.#vouched.has(firstSequence)) {
      this.#followsAnother = true;
      return;
    }
    this.#places.delete(firstSequence);
    this.#lost.add(firstSequence);
  }

  result(): Placed {
    const rest = this.#restOfLines();
    this.#judgeCopies(rest);
    this.#judgeAltered(rest);
    this.#judgeMissing();
    this.#judgeOrder();
    const isWhole = this.#places.size === this.#last - this.#span.firstSequence + 1;
    const found = this.#found.sort((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0));
    return { whole: isWhole ? this.#inSequence() : undefined, followsAnother: this.#followsAnother, found };
  }

  /** Indexes of the lines that have no place. */
  #restOfLines(): Set<number> {
    const placed = new Set(this.#places.values());
    return new Set([...this.#lines.keys()].filter((index) => !placed.has(index)));
  }

  #inSequence(): SeenLine[] {
    const sequences = [...this.#places.keys()].sort((a, b) => a - b);
    return sequences.flatMap((sequence) => this.#lines[this.#places.get(sequence) ?? -1] ?? []);
  }

  #judgeCopies(rest: Set<number>): void {
    const placed = new Set(this.#inSequence().map(({ sha256 }) => sha256));
    for (const index of rest) {
      const line = this.#lines[index];
      if (line?.says === undefined || !placed.has(line.sha256)) continue;
      const place = { line: line.number, sequence: line.says.sequence };
      this.#add('line-duplicated', place, 'the line stands there twice');
      rest.delete(index);
    }
  }

  /** What has no place stands for what is lost where it stands, or was slipped in. */
  #judgeAltered(rest: Set<number>): void {
    for (const index of [...rest]) {
      const claimed = this.#lines[index]?.says?.sequence;
      if (claimed !== undefined && this.#lost.delete(claimed)) {
        rest.delete(index);
        this.#addAltered(index, claimed, claimed);
      }
    }
    const places = new Map([...this.#places].map(([sequence, index]) => [index, sequence]));
    let before = this.#span.firstSequence - 1;
    for (const index of this.#lines.keys()) {
      before = places.get(index) ?? before;
      if (rest.has(index)) before = this.#judgeUnplaced(index, before, rest);
    }
  }

  /** @param before the sequence of the line that stands before it. @returns that of the last line that it stands for */
  #judgeUnplaced(index: number, before: number, rest: ReadonlySet<number>): number {
    let last = before;
    // Each stands for one lost line, but the last of several together for all that are lost there: two lines may have become one.
    while (this.#lost.delete(last + 1)) {
      last += 1;
      if (rest.has(index + 1)) break;
    }
    if (last > before) this.#addAltered(index, before + 1, last);
    else this.#addInserted(index);
    return last;
  }

  #addAltered(index: number, sequence: number, lastSequence: number): void {
    const several = lastSequence > sequence ? { lastSequence } : {};
    const place = { line: this.#lines[index]?.number ?? 0, sequence, ...several };
    this.#add('line-altered', place, 'what stands there is not what was recorded');
  }

  #addInserted(index: number): void {
    const { number = 0, says } = this.#lines[index] ?? {};
    if (says === undefined || !this.#places.has(says.sequence)) {
      this.#add('line-inserted', { line: number }, 'nothing was recorded between the lines around it');
      return;
    }
    const place = { line: number, sequence: says.sequence };
    this.#add(
      'line-duplicated',
      place,
      'another line of the same sequence stands there, and is the genuine one',
    );
  }

  #judgeMissing(): void {
    const sequences = [...this.#lost].sort((a, b) => a - b);
    for (const [index, first] of sequences.entries()) {
      if (sequences[index - 1] === first - 1) continue;
      let last = first;
      for (let next = index + 1; sequences[next] === last + 1; next += 1) last += 1;
      const before = this.#lines[this.#places.get(first - 1) ?? -1]?.number ?? this.#firstNumber() - 1;
      const place = { line: before + 1, sequence: first, ...(last > first && { lastSequence: last }) };
      this.#add('line-missing', place, 'what was recorded there is gone');
    }
  }

  #firstNumber(): number {
    return this.#lines[0]?.number ?? 1;
  }

  #judgeOrder(): void {
    const inSequence = this.#inSequence();
    const first = inSequence.find(({ number }, index) => number < (inSequence[index - 1]?.number ?? 0));
    if (first?.says === undefined) return;
    const place = { line: first.number, sequence: first.says.sequence };
    this.#add('lines-reordered', place, 'the line stands before one that was recorded earlier');
  }

  #add(name: FindingName, place: Omit<Place, 'file'>, why: string): void {
    this.#found.push({ name, place, why });
  }
}
