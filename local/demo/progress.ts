/** A stream that text is written to, as stderr is. */
interface Lines {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Says on stderr what is going on, and how far it is. */
export class Progress {
  readonly #stream: Lines;
  /** Whether a line can be written over. */
  readonly #inPlace: boolean;
  #open = false;

  constructor(stream: Lines = process.stderr, terminal = process.env['TERM']) {
    this.#stream = stream;
    this.#inPlace = stream.isTTY === true && terminal !== 'dumb';
  }

  /** A line of its own. */
  say(line: string): void {
    this.#end();
    this.#stream.write(`${line}\n`);
  }

  /** A counter that a terminal shows in place, and a log shows when it is full. */
  count(what: string, done: number, all: number): void {
    const line = `  ${what}: ${done} of ${all}`;
    if (this.#inPlace) {
      this.#stream.write(`\r\u001b[2K${line}`);
      this.#open = true;
    }
    if (done >= all) {
      if (this.#inPlace) this.#end();
      else this.#stream.write(`${line}\n`);
    }
  }

  #end(): void {
    if (this.#open) this.#stream.write('\n');
    this.#open = false;
  }
}
