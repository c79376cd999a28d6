import { InternalError } from '#domain/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { beforeTheFirst, decodeText, lineLeaf, lineSha256, parseLine, unreadable } from './line.ts';
import { Frontier } from './merkle.ts';

/** What a segment holds. */
export interface Segment {
  /** The texts of its lines, as `formatLine` makes them; at least one. */
  lines: readonly string[];
  /** The checkpoint that ends it, compact JWS. */
  checkpoint: string;
}

/** The most lines that a segment may have. What is to be sealed beyond that goes into the next one. */
export const mostLines = 100_000;

/** The longest line that a checkpoint may stand in, in bytes. */
export const longestCheckpointLine = 8_192;

const jwsForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const newline = 0x0a;

/** The name of a segment's file: its number in nine digits, as in `000000001.jsonl`. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(9, '0')}.jsonl`;
}

/** The number of the segment whose file is called so; undefined where no segment's is. */
export function segmentNumber(name: string): number | undefined {
  const number = /^\d{9,15}\.jsonl$/.test(name) ? Number.parseInt(name, 10) : 0;
  return number > 0 && segmentName(number) === name ? number : undefined;
}

/** The line of a file that holds a checkpoint, without its newline. */
export function checkpointLine(jws: string): string {
  return JSON.stringify({ checkpoint: jws });
}

/** The checkpoint in such a line, compact JWS; undefined where the line is none, down to its spelling. */
export function parseCheckpointLine(bytes: Uint8Array): string | undefined {
  if (bytes.length > longestCheckpointLine) return undefined;
  const text = Buffer.from(bytes).toString('latin1');
  const jws = text.slice(checkpointLine('').length - 2, -2);
  return jwsForm.test(jws) && checkpointLine(jws) === text ? jws : undefined;
}

/** The ledger before a segment, as a checkpoint states it. */
export interface Sealed {
  /** The number of the last segment; 0 where there is none. */
  segment: number;
  /** The tree over all lines that are sealed. */
  frontier: Frontier;
  /** SHA-256 of the last line, hex. */
  lastLineSha256: string;
  /** SHA-256 of the last checkpoint, hex. */
  checkpointSha256: string;
}

/** The ledger of which nothing is sealed. */
export function nothingSealed(): Sealed {
  return {
    segment: 0,
    frontier: new Frontier(),
    lastLineSha256: beforeTheFirst,
    checkpointSha256: beforeTheFirst,
  };
}

/**
 * What the checkpoint over the next lines says. `before` is left as it is.
 * @param lines those that follow what is sealed, in their order; their sequences and links are checked, and whose they are
 * @returns the checkpoint to be signed, and the tree up to it
 * @throws InternalError `internal` if the lines do not follow, with the first one that does not as its field; or if they are none or too
 *   many for a segment
 */
export function nextCheckpoint(
  before: Sealed,
  lines: readonly string[],
  { organization, time }: { organization: string; time: string },
): { checkpoint: Checkpoint; frontier: Frontier } {
  if (lines.length === 0 || lines.length > mostLines) throw notSealable('there are none, or too many');
  const frontier = Frontier.from(before.frontier.size, before.frontier.nodes());
  const own = new Frontier();
  let previous = before.lastLineSha256;
  for (const text of lines) {
    const line = parseLine(Buffer.from(text));
    const follows = line.sequence === frontier.size + 1 && line.previousSha256 === previous;
    if (!follows || line.organization !== organization)
      throw notSealable('they do not follow what is sealed', `entry ${frontier.size + 1}`);
    previous = lineSha256(text);
    const leaf = lineLeaf(text);
    frontier.append(leaf);
    own.append(leaf);
  }
  const checkpoint = {
    organization,
    segment: before.segment + 1,
    firstSequence: before.frontier.size + 1,
    treeSize: frontier.size,
    rootHash: frontier.root().toString('hex'),
    segmentRoot: own.root().toString('hex'),
    lastLineSha256: previous,
    previousCheckpointSha256: before.checkpointSha256,
    time,
  };
  return { checkpoint, frontier };
}

/**
 * The text of a segment: one line of the ledger a line, then its checkpoint.
 * @param segment its lines as `formatLine` makes them
 * @throws InternalError `internal` if a text in it would not be read as what it stands for
 */
export function writeSegment({ lines, checkpoint }: Segment): string {
  const text = [...lines, checkpointLine(checkpoint), ''].join('\n');
  try {
    readSegment(Buffer.from(text));
  } catch (cause) {
    throw new InternalError('internal', { why: 'this is not a segment of a ledger', cause });
  }
  return text;
}

/**
 * Reads the text of a segment strictly: each line ends with one newline, is of its one spelling and not too long, and the
 * last one holds a checkpoint. Neither links nor signature are checked.
 * @throws ProofError `ledger-unreadable`, naming the line as its field; its `why` quotes nothing of the segment
 */
export function readSegment(bytes: Uint8Array): Segment {
  if (bytes.at(-1) !== newline) throw unreadable('its last line has no end');
  const texts = decodeText(bytes).slice(0, -1).split('\n');
  const checkpoint = parseCheckpointLine(Buffer.from(texts.pop() ?? ''));
  if (checkpoint === undefined) throw unreadable('its last line is not a checkpoint');
  if (texts.length === 0 || texts.length > mostLines) throw unreadable('it has no lines, or too many');
  for (const text of texts) parseLine(Buffer.from(text));
  return { lines: texts, checkpoint };
}

function notSealable(why: string, field?: string): InternalError {
  return new InternalError('internal', {
    why: `these lines cannot be sealed: ${why}`,
    ...(field !== undefined && { field }),
  });
}
