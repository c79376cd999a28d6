import type { NoteList, RemarkName } from './findings.ts';
import type { SeenLine } from './seen-lines.ts';

/** Remarks times that go back, from line to line and from checkpoint to checkpoint. Times in one form sort as texts. */
export class ClockCheck {
  readonly #remarked: NoteList<RemarkName>;
  /** Of the last line, and of the last checkpoint; '' before the first. */
  #line = '';
  #checkpoint = '';

  constructor(remarked: NoteList<RemarkName>) {
    this.#remarked = remarked;
  }

  /** @param lines in their order */
  lines(file: string, lines: readonly SeenLine[]): void {
    for (const { says, number: line } of lines) {
      if (says === undefined) continue;
      const place = { file, line, sequence: says.sequence };
      if (says.time < this.#line) this.#remark(place, 'its time is before that of the line before');
      this.#line = says.time;
    }
  }

  /** @param line where the checkpoint stands, after its lines */
  checkpoint(file: string, line: number, time: string): void {
    if (time < this.#checkpoint)
      this.#remark({ file, line }, 'its checkpoint is dated before the one before');
    else if (time < this.#line) this.#remark({ file, line }, 'its checkpoint is dated before its last line');
    this.#checkpoint = time;
  }

  #remark(place: { file: string; line: number; sequence?: number }, why: string): void {
    this.#remarked.add('clock-backwards', place, why);
  }
}
