import { open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Checkpoint, readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { readSegment } from '#crypto/ledger/segment.ts';
import { SetUpError, StoreError } from '#domain/errors.ts';
import { fileError } from '#domain/plain-words.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import { makeFolder } from '#runtime/atomic-file.ts';

const newline = '\n'.charCodeAt(0);
const pageOfSegments = 100;

/** The last checkpoint of an organization that the file holds. */
interface Witnessed {
  segment: number;
  checkpoint: string;
}

/**
 * A file of checkpoints, one a line (compact JWS), that only grows: outside the data folder, for a person to keep, or on a disk that
 * takes no changes. What it holds nobody can rewrite unseen, whoever holds data folder and keys.
 *
 * The file itself tells how far it is, so what a crash kept from it comes with the next checkpoint.
 */
export class Witness {
  readonly #file: string;
  readonly #last: Map<string, Witnessed>;
  /** Whose last checkpoint was found to be that of the segment: once after each start is enough, segments never change. */
  readonly #agreed = new Set<string>();

  private constructor(file: string, last: Map<string, Witnessed>) {
    this.#file = file;
    this.#last = last;
  }

  /**
   * Reads how far the file is; a last line that was not finished is cut off.
   * @param file made with mode 0600 if it is not there
   * @throws SetUpError `usage` if it cannot be written, or holds anything but checkpoints; StoreError `store-unavailable`
   */
  static async open(file: string): Promise<Witness> {
    try {
      await append(file, '');
      const content = await readFile(file);
      const end = content.lastIndexOf(newline) + 1;
      if (end < content.length) await truncate(file, end);
      return new Witness(file, lastOf(content.subarray(0, end).toString('utf8'), file));
    } catch (error) {
      throw error instanceof SetUpError ? error : fileError(file, error);
    }
  }

  /**
   * Appends the checkpoints of an organization's segments that the file does not hold yet, and waits until the disk has them.
   * @returns how many
   * @throws StoreError `object-damaged` if a segment has another checkpoint than the one that the file holds, or is gone that it
   *   holds one of: then nothing is appended; `store-unavailable`
   */
  async catchUp(segments: SegmentStore, organization: string): Promise<number> {
    const last = this.#last.get(organization);
    let after = last === undefined ? 0 : last.segment - (this.#agreed.has(organization) ? 0 : 1);
    let appended = 0;
    for (;;) {
      const numbers = await segments.list(organization, after, pageOfSegments);
      if (last !== undefined && after < last.segment && numbers[0] !== last.segment) throw disagrees();
      const found = await Promise.all(numbers.map((each) => witnessedIn(segments, organization, each)));
      const fresh = found.filter(({ segment }) => last === undefined || segment > last.segment);
      const same = found.find(({ segment }) => segment === last?.segment);
      if (same !== undefined && same.checkpoint !== last?.checkpoint) throw disagrees();
      this.#agreed.add(organization);
      await this.#append(organization, fresh);
      appended += fresh.length;
      const end = numbers.at(-1);
      if (end === undefined || numbers.length < pageOfSegments) return appended;
      after = end;
    }
  }

  async #append(organization: string, fresh: readonly Witnessed[]): Promise<void> {
    const newest = fresh.at(-1);
    if (newest === undefined) return;
    try {
      await append(this.#file, fresh.map(({ checkpoint }) => `${checkpoint}\n`).join(''));
    } catch (cause) {
      throw new StoreError('store-unavailable', { cause });
    }
    this.#last.set(organization, newest);
  }
}

async function append(file: string, text: string): Promise<void> {
  await makeFolder(dirname(file), 0o700);
  await using handle = await open(file, 'a', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

async function witnessedIn(
  segments: SegmentStore,
  organization: string,
  segment: number,
): Promise<Witnessed> {
  const bytes = await segments.get(organization, segment);
  if (bytes === undefined) throw new StoreError('store-unavailable');
  return { segment, checkpoint: readSegment(bytes).checkpoint };
}

function lastOf(text: string, file: string): Map<string, Witnessed> {
  const last = new Map<string, Witnessed>();
  for (const checkpoint of text.split('\n').slice(0, -1)) {
    const { organization, segment } = checkpointIn(checkpoint, file);
    const known = last.get(organization);
    if (known === undefined || segment > known.segment) last.set(organization, { segment, checkpoint });
  }
  return last;
}

function checkpointIn(line: string, file: string): Checkpoint {
  try {
    return readCheckpoint(line);
  } catch (cause) {
    throw new SetUpError('usage', {
      field: file,
      why: 'it holds a line that is no checkpoint, so it is no file of a witness',
      next: 'Name another file, or a new one.',
      cause,
    });
  }
}

function disagrees(): StoreError {
  return new StoreError('object-damaged', {
    why: 'The ledger is not the one that the witness knows.',
    next: 'Tell the operator: verify an export of it with the file of the witness. Nothing is appended there until then.',
  });
}
