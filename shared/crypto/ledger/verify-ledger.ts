import { ProofError } from '#domain/errors.ts';
import type { StatementKeys } from '../signed-statement.ts';
import { type Anchor, type CheckpointFile, readAnchors, readNewest } from './anchors.ts';
import { type Finding, type FindingName, NoteList, type Remark, type RemarkName } from './findings.ts';
import { newestCheckpointName, segmentPath, unsealedName } from './folder.ts';
import { LedgerWalk, type Walked } from './ledger-walk.ts';
import { type SeenUnsealed, seeSegment, seeUnsealed } from './seen-lines.ts';

/** A folder that a ledger was exported to. */
export interface LedgerFolder {
  /** The numbers of the segments that are there, ascending. */
  segments: readonly number[];
  hasUnsealed: boolean;
  hasCheckpoint: boolean;
  /** Names of what else is there. */
  strays: readonly string[];
  /**
   * Reads a file of it.
   * @param name as in `segments/000000001.jsonl`
   * @throws ProofError `ledger-unreadable` if it is none that may be read; what else it throws ends the verification
   */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** What a ledger was found to be. */
export interface LedgerReport extends Walked {
  /** Whether nothing was found wrong with it. */
  ok: boolean;
  /** How many segments are there. */
  segments: number;
  findings: readonly Finding[];
  remarks: readonly Remark[];
  /** How many findings and remarks there are beyond those listed. */
  unlisted: number;
}

export interface VerifyOptions {
  /** Checkpoints that were kept elsewhere. */
  anchors?: readonly CheckpointFile[];
  /** Told after each segment how many are done. */
  onSegment?: (done: number) => void;
}

/**
 * Verifies a ledger from its files, the keys of the service and earlier checkpoints alone: each line by the link of the one
 * after it, each segment by its signed checkpoint, the whole by the root of the tree over all lines. Whoever holds all keys
 * of the service can make another ledger that passes, but none that passes beside a checkpoint that was kept elsewhere.
 * @param keys all that the service ever signed by
 * @returns never a secret, and nothing of what entries say
 * @throws what `folder.read` throws but for `ledger-unreadable`
 */
export async function verifyLedger(
  folder: LedgerFolder,
  keys: StatementKeys,
  { anchors: files = [], onSegment = () => {} }: VerifyOptions = {},
): Promise<LedgerReport> {
  const found = new NoteList<FindingName>();
  const remarked = new NoteList<RemarkName>();
  for (const file of folder.strays) {
    remarked.add('stray-file', { file }, 'it is no file of a ledger, and was not read');
  }
  const given = await anchorsIn(files, keys, found);
  const own = await ownNewest(folder, keys, found);
  const walk = new LedgerWalk({ keys, found, remarked, anchors: { given, own } });
  for (const [index, segment] of folder.segments.entries()) {
    const name = segmentPath(segment);
    const seen = await ifReadable(name, found, () => seeSegment(folder.read(name)));
    addTrouble(name, seen?.trouble, found);
    await walk.segment(segment, seen);
    onSegment(index + 1);
  }
  if (folder.hasUnsealed) await walkUnsealed(folder, walk, found);
  return { ...walk.end(), segments: folder.segments.length, ...listed(found, remarked) };
}

/** The checkpoints of each file, by file. */
async function anchorsIn(
  files: readonly CheckpointFile[],
  keys: StatementKeys,
  found: NoteList<FindingName>,
): Promise<Anchor[][]> {
  const anchors: Anchor[][] = [];
  for (const file of files) anchors.push(await readAnchors(file, keys, found));
  return anchors;
}

async function ownNewest(
  { hasCheckpoint, read }: LedgerFolder,
  keys: StatementKeys,
  found: NoteList<FindingName>,
): Promise<Anchor[]> {
  if (!hasCheckpoint) return [];
  const name = newestCheckpointName;
  const newest = await ifReadable(name, found, () =>
    readNewest({ name, read: () => read(name) }, keys, found),
  );
  return newest ?? [];
}

async function walkUnsealed(
  folder: LedgerFolder,
  walk: LedgerWalk,
  found: NoteList<FindingName>,
): Promise<void> {
  const before = found.count;
  await ifReadable(unsealedName, found, async () => {
    for await (const { lines, end, trouble } of seeUnsealed(folder.read(unsealedName))) {
      addTrouble(unsealedName, trouble, found);
      walk.unsealed(lines);
      // Nothing vouches for what comes after lines with which something is wrong; and there may be any number of it.
      if (found.count > before) return;
      if (end !== undefined) walk.unsealedEnd(end);
    }
  });
}

function addTrouble(file: string, trouble: SeenUnsealed['trouble'], found: NoteList<FindingName>): void {
  if (trouble !== undefined) found.add('unreadable', { file, line: trouble.number }, trouble.why);
}

async function ifReadable<T>(
  file: string,
  found: NoteList<FindingName>,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ProofError) || error.code !== 'ledger-unreadable') throw error;
    found.add('unreadable', { file }, error.details.why ?? 'it cannot be read');
    return undefined;
  }
}

function listed(
  found: NoteList<FindingName>,
  remarked: NoteList<RemarkName>,
): Pick<LedgerReport, 'ok' | 'findings' | 'remarks' | 'unlisted'> {
  return {
    ok: found.count === 0,
    findings: found.listed,
    remarks: remarked.listed,
    unlisted: found.count + remarked.count - found.listed.length - remarked.listed.length,
  };
}
