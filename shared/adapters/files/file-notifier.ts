import { chmod, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asStoreError } from '#adapters/sqlite/store-error.ts';
import type { Clock } from '#ports/clock.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import { Turns } from './turns.ts';

/** What a log may say of a notice: no name, no address, no text. */
export type NoticeReference = Pick<Notice, 'id' | 'organization' | 'subscriberId'>;

const newline = '\n'.charCodeAt(0);

/**
 * Delivers notices to a file, one JSON object a line, with the `time` of delivery. The file itself tells which were
 * delivered, so that each is once, whenever the process ends: a line counts once its newline is there.
 */
export class FileNotifier implements Notifier {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: (notice: NoticeReference) => void;
  readonly #turns = new Turns();
  #delivered: Set<string> | undefined;

  /**
   * @param file made with mode 0600 when the first notice comes
   * @param log told of each notice that was delivered
   */
  constructor(file: string, clock: Clock, log: (notice: NoticeReference) => void = () => {}) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
  }

  async notify(notice: Notice): Promise<void> {
    await this.#turns.take(this.#file, async () => {
      try {
        await this.#deliver(notice);
      } catch (error) {
        // A line may stand in part; reading the file again finds out.
        this.#delivered = undefined;
        throw asStoreError(error);
      }
    });
  }

  async #deliver(notice: Notice): Promise<void> {
    this.#delivered ??= await readDelivered(this.#file);
    if (this.#delivered.has(keyOf(notice))) return;
    await append(this.#file, `${JSON.stringify({ time: this.#clock.now().toISOString(), ...notice })}\n`);
    this.#delivered.add(keyOf(notice));
    const { id, organization, subscriberId } = notice;
    this.#log({ id, organization, subscriberId });
  }
}

/** What the file says was delivered. Cuts off a last line that was not finished: its notice will come again. */
async function readDelivered(file: string): Promise<Set<string>> {
  await append(file, '');
  // It may have been put back from a copy, whose mode was another.
  await chmod(file, 0o600);
  const content = await readFile(file);
  const end = content.lastIndexOf(newline) + 1;
  if (end < content.length) await truncate(file, end);
  const lines = content.toString('utf8', 0, end).split('\n');
  return new Set(lines.flatMap(keyOfLine));
}

async function append(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using handle = await open(file, 'a', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

function keyOf({ organization, id }: Pick<Notice, 'organization' | 'id'>): string {
  return JSON.stringify([organization, id]);
}

// A damaged line tells of no notice, and must not keep the others from being delivered.
function keyOfLine(line: string): string[] {
  try {
    const notice: Notice = JSON.parse(line);
    return [keyOf(notice)];
  } catch {
    return [];
  }
}
