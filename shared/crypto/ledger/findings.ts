/** What can be wrong with a ledger. Each name has its meaning in docs/ledger.md. */
export type FindingName =
  | 'line-altered'
  | 'line-missing'
  | 'line-duplicated'
  | 'line-inserted'
  | 'lines-reordered'
  | 'entry-missing'
  | 'segment-missing'
  | 'segment-altered'
  | 'root-mismatch'
  | 'checkpoint-signature'
  | 'checkpoint-key-unknown'
  | 'fork'
  | 'truncated'
  | 'other-organization'
  | 'unreadable';

/** What is worth knowing, and breaks nothing. */
export type RemarkName = 'clock-backwards' | 'not-covered' | 'stray-file';

/** Where in a ledger. */
export interface Place {
  /** As the folder has it, or as the person named it: not fit for a terminal as it is. */
  file: string;
  /** From 1. */
  line?: number;
  /** The sequence of the line of the ledger that it is about, or of the first one. */
  sequence?: number;
  /** The sequence of the last one, where it is about several. */
  lastSequence?: number;
}

/** Something about a ledger, and why; in plain words that quote nothing of what stands there. */
export interface Noted<N extends string> extends Place {
  name: N;
  why: string;
}

export type Finding = Noted<FindingName>;
export type Remark = Noted<RemarkName>;

/** How many of each are listed. What is hostile can have as many as it has lines. */
const mostListed = 1_000;

/** A list that is bounded, and counts what it leaves out. */
export class NoteList<N extends string> {
  readonly listed: Noted<N>[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(name: N, place: Place, why: string): void {
    this.#count += 1;
    if (this.listed.length < mostListed) this.listed.push({ name, ...place, why });
  }
}
