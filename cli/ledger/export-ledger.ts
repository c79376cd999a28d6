import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { routes } from '#contract/routes.ts';
import { type Checkpoint, readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { newestCheckpointName, segmentPath, segmentsFolder, unsealedName } from '#crypto/ledger/folder.ts';
import { parseLine } from '#crypto/ledger/line.ts';
import { readSegment as readSegmentText, segmentNumber } from '#crypto/ledger/segment.ts';
import { writeUnsealed } from '#crypto/ledger/unsealed.ts';
import { ConnectionError, EscrowError, ProofError, SetUpError } from '#domain/errors.ts';
import { errorNumber, fileError, printable } from '#domain/plain-words.ts';
import { clearUnfinishedFiles, makeFolder, writeFileAtomically } from '#runtime/atomic-file.ts';
import type { Client } from '../server/client.ts';

/** What an export came to. */
export interface Exported {
  organization: string;
  /** How many segments the folder has now, and how many of them are new. */
  segments: number;
  newSegments: number;
  /** How many entries are sealed, and how many came after them. */
  sealed: number;
  unsealed: number;
}

/** The end of what a folder holds. */
interface Held {
  numbers: ReadonlySet<number>;
  newest?: Checkpoint;
}

const ownerOnly = 0o600;
const largestPage = '200';

/**
 * Brings a folder up to the ledger of the organization that is signed in: the segments that are not there yet, the newest
 * checkpoint, and the lines that no segment holds yet. What is there stays; so an export that was cut short goes on where it was.
 * @param folder made if it is not there
 * @param onSegment told after each segment how many of how many are there
 * @throws SetUpError `usage` for a folder of another organization; ProofError `checkpoint-invalid` where the server's ledger is not
 *   the one that the folder holds the beginning of, `ledger-unreadable` for a file that is none; ConnectionError `answer-unknown`;
 *   StoreError `store-unavailable`; what a call throws
 */
export async function exportLedger(
  client: Client,
  folder: string,
  onSegment: (done: number, of: number) => void = () => {},
): Promise<Exported> {
  const { id: organization } = await client.call(routes.showOrganization);
  await prepare(folder);
  const held = await heldIn(folder);
  await checkWhose(folder, held, organization);
  await checkSameLedger(client, folder, held);

  const numbers = await allSegments(client);
  let newest = held.newest;
  let done = held.numbers.size;
  for (const number of numbers.filter((each) => !held.numbers.has(each))) {
    const bytes = await fetchSegment(client, number);
    const checkpoint = checkpointOf(bytes, organization, number);
    await write(join(folder, segmentPath(number)), bytes);
    if (newest === undefined || checkpoint.segment > newest.segment) newest = checkpoint;
    done += 1;
    onSegment(done, numbers.length);
  }
  await writeNewest(folder, newest);
  const sealed = newest?.treeSize ?? 0;
  const unsealed = await fetchUnsealed(client, folder, sealed, organization);
  const newSegments = done - held.numbers.size;
  return { organization, segments: done, newSegments, sealed, unsealed };
}

async function prepare(folder: string): Promise<void> {
  await asFile(folder, async () => {
    await makeFolder(join(folder, segmentsFolder), 0o700);
    for (const each of [folder, join(folder, segmentsFolder)]) await clearUnfinishedFiles(each);
  });
}

async function heldIn(folder: string): Promise<Held> {
  const names = await asFile(folder, () => readdir(join(folder, segmentsFolder)));
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
  const last = numbers.sort((a, b) => a - b).at(-1);
  if (last === undefined) return { numbers: new Set() };
  const file = join(folder, segmentPath(last));
  const bytes = await asFile(file, () => readFile(file));
  return { numbers: new Set(numbers), newest: readCheckpoint(segmentIn(bytes, file).checkpoint) };
}

/** A folder holds one ledger: two in one would be neither. */
async function checkWhose(folder: string, { newest }: Held, organization: string): Promise<void> {
  const other = newest?.organization ?? (await unsealedOrganization(folder));
  if (other === undefined || other === organization) return;
  throw new SetUpError('usage', {
    field: folder,
    why: `it holds the ledger of ${printable(other)}, and you are signed in to ${printable(organization)}`,
    next: 'Name another folder.',
  });
}

async function unsealedOrganization(folder: string): Promise<string | undefined> {
  const file = join(folder, unsealedName);
  const text = await asFile(file, () => unlessMissing(readFile(file, 'utf8')));
  const first = text?.split('\n', 1)[0];
  return first === undefined || first === '' ? undefined : parseLine(Buffer.from(first)).organization;
}

/** What the folder holds must be what the server holds in its place: else one of the two was written anew. */
async function checkSameLedger(client: Client, folder: string, { newest }: Held): Promise<void> {
  if (newest === undefined) return;
  const file = join(folder, segmentPath(newest.segment));
  const own = await asFile(file, () => readFile(file));
  const theirs = await fetchSegment(client, newest.segment).catch((error: unknown) => {
    if (error instanceof EscrowError && error.code === 'not-found') return undefined;
    throw error;
  });
  if (theirs !== undefined && Buffer.compare(own, theirs) === 0) return;
  throw new ProofError('checkpoint-invalid', {
    field: file,
    why: `it is not segment ${newest.segment} of the ledger that the server has: one of the two was written anew`,
    next: 'Keep the folder as it is. Export into another one, and verify both with a checkpoint that was kept elsewhere.',
  });
}

async function allSegments(client: Client): Promise<number[]> {
  const numbers: number[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: largestPage, ...(cursor !== undefined && { cursor }) };
    const page = await client.call(routes.listSegments, { query, paced: true });
    numbers.push(...page.segments.map(({ segment }) => segment));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return numbers;
}

async function fetchSegment(client: Client, segment: number): Promise<Uint8Array> {
  const sent = { params: { segment: String(segment) }, paced: true };
  return (await client.fetch(routes.readSegment, sent)).bytes;
}

function checkpointOf(bytes: Uint8Array, organization: string, segment: number): Checkpoint {
  const checkpoint = fromServer(() => readCheckpoint(readSegmentText(bytes).checkpoint));
  if (checkpoint.organization === organization && checkpoint.segment === segment) return checkpoint;
  throw new ConnectionError('answer-unknown', {
    why: 'The server gave another segment than it was asked for.',
  });
}

async function writeNewest(folder: string, newest: Checkpoint | undefined): Promise<void> {
  if (newest === undefined) return;
  const file = join(folder, segmentPath(newest.segment));
  const { checkpoint } = segmentIn(await asFile(file, () => readFile(file)), file);
  await write(join(folder, newestCheckpointName), `${checkpoint}\n`, true);
}

/** The lines after those that are sealed here, though the server may have sealed some of them meanwhile. */
async function fetchUnsealed(
  client: Client,
  folder: string,
  sealed: number,
  organization: string,
): Promise<number> {
  const lines: string[] = [];
  for (;;) {
    const query = { after: String(sealed + lines.length), limit: largestPage };
    const page = await client.call(routes.readLines, { query, paced: true });
    for (const line of page.lines) {
      const isOwn = fromServer(() => parseLine(Buffer.from(line))).organization === organization;
      if (!isOwn) throw new ConnectionError('answer-unknown');
      lines.push(line);
    }
    if (!page.more || page.lines.length === 0) break;
  }
  const file = join(folder, unsealedName);
  if (lines.length === 0) await asFile(file, () => rm(file, { force: true }));
  else await write(file, writeUnsealed(lines), true);
  return lines.length;
}

function segmentIn(bytes: Uint8Array, file: string) {
  try {
    return readSegmentText(bytes);
  } catch (cause) {
    throw new ProofError('ledger-unreadable', {
      field: file,
      why: 'it is not a segment of a ledger',
      next: 'Remove it, if nobody changed it on purpose, and export again.',
      cause,
    });
  }
}

async function write(file: string, content: Uint8Array | string, overwrite = false): Promise<void> {
  await asFile(file, () => writeFileAtomically(file, content, { mode: ownerOnly, overwrite }));
}

function fromServer<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new ConnectionError('answer-unknown', { cause });
  }
}

async function asFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof EscrowError ? error : fileError(file, error);
  }
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return undefined;
    throw error;
  }
}
