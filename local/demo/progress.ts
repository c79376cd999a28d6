/** Says on stderr what is going on, and how far it is. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #open = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** A line of its own. */
  say(line: string): void {
    this.#end();
    this.#stream.write(`${line}\n`);
  }

  /** A counter that a terminal shows in place, and a log shows when it is full. */
  count(what: string, done: number, all: number): void {
    const line = `  ${what}: ${done} of ${all}`;
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[2K${line}`);
      this.#open = true;
    }
    if (done >= all) {
      if (this.#stream.isTTY) this.#end();
      else this.#stream.write(`${line}\n`);
    }
  }

  #end(): void {
    if (this.#open) this.#stream.write('\n');
    this.#open = false;
  }
}
