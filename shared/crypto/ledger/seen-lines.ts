import { EscrowError } from '#domain/errors.ts';
import { lineLeaf, lineSha256, longestLine, parseLine, type ReadLine } from './line.ts';
import { type EntryNumber, entryNumber } from './numbered-id.ts';
import { type FileLine, readLines } from './read-lines.ts';
import { mostLines, parseCheckpointLine } from './segment.ts';
import { parseUnsealedEnd, type UnsealedEnd } from './unsealed.ts';

/** How many unsealed lines are looked at together. */
const unsealedAtOnce = 10_000;

const converted = 'its lines end in CR LF: a program that it went through has changed it';
const cutOff = 'its last line is cut off';

/** What is known of a line of a file, without what it holds. */
export interface SeenLine {
  /** In its file, from 1. */
  number: number;
  /** Hex, as is the hash of its leaf: bytes would take five times the memory. */
  sha256: string;
  leaf: string;
  /** What it says of its place; undefined where it is no line of a ledger. */
  says?: Pick<ReadLine, 'sequence' | 'previousSha256' | 'time' | 'organization'> & {
    /** As which of a process's entries its entry was recorded, where its id tells. */
    by?: EntryNumber;
  };
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
 * Reads a segment, as far as one may go: a little over a hundred thousand lines.
 */
export async function seeSegment(chunks: AsyncIterable<Uint8Array>): Promise<SeenFile> {
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
      if (endsInReturn(line)) carriageReturns += 1;
    }
    if (number > mostLines + 1)
      return { lines: [], trouble: { why: 'it has more lines than there may be in one', number } };
  }
  if (last === undefined) return { lines, trouble: { why: 'it is empty', number: 1 } };
  if (carriageReturns === number) return { lines: [], trouble: { why: converted, number: 1 } };
  const jws = last.isEnded ? parseCheckpointLine(last.bytes) : undefined;
  if (jws !== undefined) return { lines, checkpoint: { jws, number } };
  const seen = seeLine(last, number);
  const why = last.isEnded ? 'its last line is not a checkpoint' : cutOff;
  return { lines: seen.says === undefined ? lines : [...lines, seen], trouble: { why, number } };
}

/** Some of the lines that are not sealed yet, and what stands after the last of them. */
export interface SeenUnsealed extends Pick<SeenFile, 'lines' | 'trouble'> {
  end?: UnsealedEnd & { number: number };
}

/** Reads lines that are not sealed yet, some thousand at once: there may be as many as came since sealing last went well. */
export async function* seeUnsealed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SeenUnsealed> {
  let lines: SeenLine[] = [];
  let last: FileLine | undefined;
  let number = 0;
  for await (const batch of readLines(chunks, longestLine)) {
    if (number === 0 && batch.every(endsInReturn)) {
      yield { lines: [], trouble: { why: converted, number: 1 } };
      return;
    }
    for (const line of batch) {
      if (last !== undefined) lines.push(seeLine(last, number));
      last = line;
      number += 1;
      if (lines.length < unsealedAtOnce) continue;
      yield { lines };
      lines = [];
    }
  }
  if (last === undefined) {
    yield { lines, trouble: { why: 'it is empty', number: 1 } };
    return;
  }
  const end = last.isEnded ? parseUnsealedEnd(last.bytes) : undefined;
  if (end !== undefined) {
    yield { lines, end: { ...end, number } };
    return;
  }
  const seen = seeLine(last, number);
  const why = last.isEnded ? 'its last line does not say how the lines end' : cutOff;
  yield { lines: seen.says === undefined ? lines : [...lines, seen], trouble: { why, number } };
}

function endsInReturn({ bytes }: FileLine): boolean {
  return bytes.at(-1) === 0x0d;
}

function seeLine({ bytes, isTooLong }: FileLine, number: number): SeenLine {
  const seen = { number, sha256: lineSha256(bytes), leaf: lineLeaf(bytes).toString('hex') };
  try {
    if (isTooLong) return seen;
    const { sequence, previousSha256, time, organization, id } = parseLine(bytes);
    const by = entryNumber(id);
    return { ...seen, says: { sequence, previousSha256, time, organization, ...(by && { by }) } };
  } catch (error) {
    if (error instanceof EscrowError) return seen;
    throw error;
  }
}
