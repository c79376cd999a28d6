import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that stays, and answers each line on its standard input by a line on its standard output. */
export class RequestProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  #messages = '';

  /**
   * @param args no secrets: others on the machine can read them
   * @param input what it reads first, secrets included
   */
  constructor(program: string, args: readonly string[], input: string) {
    this.#child = spawn(program, args);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#messages += text;
    });
    this.#child.on('error', ({ message }) => {
      this.#messages += message;
    });
    // A program that ended early is told of by its answer that does not come.
    this.#child.stdin.on('error', () => undefined);
    this.#closed = new Promise((resolve) => this.#child.on('close', resolve));
    this.#child.stdin.write(input);
  }

  /** The next line. @throws Error with what the program said last, if it ended instead */
  async answer(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done !== true) return line.value;
    await this.#closed;
    throw new Error(`${this.#child.spawnfile} ended: ${this.#messages}`);
  }

  ask(request: string): Promise<string> {
    this.#child.stdin.write(`${request}\n`);
    return this.answer();
  }

  /** Ends its input, and waits until it has ended, too. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
  }
}
