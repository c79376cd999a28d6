import { EscrowError } from '#domain/errors.ts';
import { lineLeaf, lineSha256, longestLine, parseLine, type ReadLine } from './line.ts';
import { type FileLine, readLines } from './read-lines.ts';
import { mostLines, parseCheckpointLine } from './segment.ts';

/** What is known of a line of a file, without what it holds. */
export interface SeenLine {
  /** In its file, from 1. */
  number: number;
  /** Hex, as is the hash of its leaf: bytes would take five times the memory. */
  sha256: string;
  leaf: string;
  /** What it says of its place; undefined where it is no line of a ledger. */
  says?: Pick<ReadLine, 'sequence' | 'previousSha256' | 'time' | 'organization'>;
}

/** What stands in a file of lines. */
export interface SeenFile {
  lines: SeenLine[];
  /** The checkpoint at its end, compact JWS, unverified. */
  checkpoint?: { jws: string; number: number };
  /** Why the file as a whole is not as one of a ledger is, in words that follow its name. */
  trouble?: { why: string; number: number };
}

/**
 * Reads a file of lines, as far as one may go: a little over a hundred thousand lines.
 * @param hasCheckpoint whether its last line is to be a checkpoint
 */
export async function seeFile(chunks: AsyncIterable<Uint8Array>, hasCheckpoint: boolean): Promise<SeenFile> {
  const most = mostLines + (hasCheckpoint ? 1 : 0);
  const lines: SeenLine[] = [];
  let last: FileLine | undefined;
  let number = 0;
  let carriageReturns = 0;
  for await (const batch of readLines(chunks, longestLine)) {
    for (const line of batch) {
      // The last one is known to be the last only once there is no other.
      if (last !== undefined) lines.push(seeLine(last, number));
      last = line;
      number += 1;
      if (line.bytes.at(-1) === 0x0d) carriageReturns += 1;
    }
    if (number > most)
      return { lines: [], trouble: { why: 'it has more lines than there may be in one', number } };
  }
  if (last === undefined)
    return hasCheckpoint ? { lines, trouble: { why: 'it is empty', number: 1 } } : { lines };
  if (carriageReturns === number) {
    const why = 'its lines end in CR LF: a program that it went through has changed it';
    return { lines: [], trouble: { why, number: 1 } };
  }
  return withLast({ lines, last, number, hasCheckpoint });
}

interface Read {
  lines: SeenLine[];
  last: FileLine;
  number: number;
  hasCheckpoint: boolean;
}

function withLast({ lines, last, number, hasCheckpoint }: Read): SeenFile {
  const jws = hasCheckpoint && last.isEnded ? parseCheckpointLine(last.bytes) : undefined;
  if (jws !== undefined) return { lines, checkpoint: { jws, number } };
  const seen = seeLine(last, number);
  const kept = seen.says === undefined && (hasCheckpoint || !last.isEnded) ? lines : [...lines, seen];
  if (!last.isEnded) return { lines: kept, trouble: { why: 'its last line is cut off', number } };
  if (hasCheckpoint) return { lines: kept, trouble: { why: 'its last line is not a checkpoint', number } };
  return { lines: kept };
}

function seeLine({ bytes, isTooLong }: FileLine, number: number): SeenLine {
  const seen = { number, sha256: lineSha256(bytes), leaf: lineLeaf(bytes).toString('hex') };
  try {
    if (isTooLong) return seen;
    const { sequence, previousSha256, time, organization } = parseLine(bytes);
    return { ...seen, says: { sequence, previousSha256, time, organization } };
  } catch (error) {
    if (error instanceof EscrowError) return seen;
    throw error;
  }
}
