import { ProofError } from '#domain/errors.ts';
import type { StatementKeys } from '../signed-statement.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import type { FindingName, NoteList } from './findings.ts';
import { type FileLine, readLines } from './read-lines.ts';
import { longestCheckpointLine, parseCheckpointLine } from './segment.ts';

/** U+FEFF in UTF-8, byte by byte. */
const byteOrderMark = '\u00ef\u00bb\u00bf';

/** A checkpoint that was kept elsewhere, to hold a ledger against. */
export interface Anchor extends Pick<Checkpoint, 'organization' | 'treeSize' | 'rootHash'> {
  file: string;
  /** In its file, from 1. */
  line: number;
}

/** A file of checkpoints, and what reads it. */
export interface CheckpointFile {
  name: string;
  read(): AsyncIterable<Uint8Array>;
}

/**
 * Reads checkpoints from a file that a person kept: one a line, compact JWS, or as a segment ends with it. Empty lines,
 * blanks and a byte order mark count for nothing.
 * @param keys those of the service
 * @param found what is not signed by one of the keys, or not readable, goes there
 */
export async function readAnchors(
  { name: file, read }: CheckpointFile,
  keys: StatementKeys,
  found: NoteList<FindingName>,
): Promise<Anchor[]> {
  const anchors: Anchor[] = [];
  const wrong: { name: FindingName; line: number; why: string }[] = [];
  let line = 0;
  let isEmpty = true;
  for await (const batch of readLines(read(), longestCheckpointLine)) {
    for (const { bytes } of batch) {
      line += 1;
      const text = textOf(bytes, line).trim();
      if (text === '') continue;
      isEmpty = false;
      const jws = parseCheckpointLine(Buffer.from(text, 'latin1')) ?? text;
      const verdict = await judgeCheckpoint(jws, keys);
      if (!('why' in verdict)) anchors.push(anchorOf(verdict, file, line));
      else if (wrong.length <= mostWrong) wrong.push({ ...verdict, line });
    }
    if (anchors.length === 0 && wrong.length > mostWrong) break;
  }
  tellWrong(file, anchors.length === 0 ? wrong.slice(0, 1) : wrong, wrong.length, found);
  if (isEmpty) found.add('unreadable', { file }, 'it holds no checkpoint');
  return anchors;
}

/** Lines of a file that are no checkpoint: so many, and none that is one, and it is a file of something else. */
const mostWrong = 1_000;

function tellWrong(
  file: string,
  told: readonly { name: FindingName; line: number; why: string }[],
  count: number,
  found: NoteList<FindingName>,
): void {
  const others = count > told.length ? '; nor does any other line of it hold a checkpoint that verifies' : '';
  for (const { name, line, why } of told) found.add(name, { file, line }, `${why}${others}`);
}

/** What a line holds, without the byte order mark that a program may have put before the first one. */
function textOf(bytes: Uint8Array, line: number): string {
  const text = Buffer.from(bytes).toString('latin1');
  return line === 1 && text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
}

/** Reads the newest checkpoint as the service wrote it: one, a newline, and nothing else. As `readAnchors` otherwise. */
export async function readNewest(
  { name: file, read }: CheckpointFile,
  keys: StatementKeys,
  found: NoteList<FindingName>,
): Promise<Anchor[]> {
  const lines: FileLine[] = [];
  for await (const batch of readLines(read(), longestCheckpointLine)) {
    lines.push(...batch.slice(0, 2));
    if (lines.length > 1) break;
  }
  const [only] = lines;
  if (only === undefined || lines.length > 1 || !only.isEnded) {
    found.add('unreadable', { file }, 'it does not hold one checkpoint and a newline');
    return [];
  }
  const verdict = await judgeCheckpoint(Buffer.from(only.bytes).toString('latin1'), keys);
  if (!('why' in verdict)) return [anchorOf(verdict, file, 1)];
  found.add(verdict.name, { file, line: 1 }, verdict.why);
  return [];
}

/** A checkpoint that verifies, or how it does not. */
export async function judgeCheckpoint(
  jws: string,
  keys: StatementKeys,
): Promise<Checkpoint | { name: FindingName; why: string }> {
  try {
    return await verifyCheckpoint(jws, keys);
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    if (error.code === 'checkpoint-key-unknown') {
      return { name: 'checkpoint-key-unknown', why: 'it names a key that is not among those given' };
    }
    return {
      name: 'checkpoint-signature',
      why: error.details.why ?? 'it is not signed by the key that it names, or was altered',
    };
  }
}

/** What an anchor keeps of a checkpoint: a witness may have kept one a minute for years. */
function anchorOf({ organization, treeSize, rootHash }: Checkpoint, file: string, line: number): Anchor {
  return { organization, treeSize, rootHash, file, line };
}

/** Anchors by the size of their tree, as a ledger is gone through, and what became of them. */
export class AnchorCheck {
  readonly #bySize: Map<number, Anchor[]>;
  #held = 0;
  #heldUpTo = 0;
  readonly #forked: Anchor[] = [];

  constructor(anchors: readonly Anchor[]) {
    this.#bySize = Map.groupBy(anchors, ({ treeSize }) => treeSize);
  }

  get held(): number {
    return this.#held;
  }

  /** The most lines that an anchor bears out; 0 where none does. */
  get heldUpTo(): number {
    return this.#heldUpTo;
  }

  has(treeSize: number): boolean {
    return this.#bySize.has(treeSize);
  }

  /** @param rootHash of the tree over so many lines of the ledger, hex */
  compare(treeSize: number, rootHash: string): void {
    for (const anchor of this.#bySize.get(treeSize) ?? []) {
      if (anchor.rootHash !== rootHash) {
        this.#forked.push(anchor);
        continue;
      }
      this.#held += 1;
      this.#heldUpTo = Math.max(this.#heldUpTo, treeSize);
    }
    this.#bySize.delete(treeSize);
  }

  /** @param treeSize how many lines the ledger has in all; undefined where its end could not be read */
  report(treeSize: number | undefined, found: NoteList<FindingName>): void {
    const [fork, ...more] = this.#forked;
    if (fork !== undefined) {
      const agreed = this.#heldUpTo === 0 ? '' : `; up to entry ${this.#heldUpTo} they are the same`;
      const others = more.length === 0 ? '' : `; so were ${more.length} more`;
      const why = `this checkpoint was signed over other entries than those of the ledger${agreed}${others}`;
      found.add('fork', placeOf(fork), why);
    }
    if (treeSize === undefined) return;
    const longer = [...this.#bySize.keys()].filter((size) => size > treeSize);
    const [anchor] = this.#bySize.get(longer.reduce((most, size) => Math.max(most, size), 0)) ?? [];
    if (anchor === undefined) return;
    const why = `this checkpoint was signed over ${anchor.treeSize} entries, and the ledger has ${treeSize}`;
    found.add('truncated', placeOf(anchor), why);
  }
}

function placeOf({ file, line, treeSize }: Anchor) {
  return { file, line, sequence: treeSize };
}
