import type { StatementKeys } from '../signed-statement.ts';
import { judgeCheckpoint } from './anchors.ts';
import { type Checkpoint, checkpointSha256 } from './checkpoint.ts';
import { ClockCheck } from './clock-check.ts';
import type { FindingName, NoteList, RemarkName } from './findings.ts';
import { segmentPath, unsealedName } from './folder.ts';
import { beforeTheFirst } from './line.ts';
import { Frontier, merkleRoot } from './merkle.ts';
import { placeLines, type Span } from './place-lines.ts';
import type { SeenFile, SeenLine } from './seen-lines.ts';
import { mostLines } from './segment.ts';
import type { UnsealedEnd } from './unsealed.ts';
import { type Anchors, checksOf, organizationOf } from './whose-anchors.ts';
import { WriterCheck } from './writer-check.ts';

type AnchorChecks = ReturnType<typeof checksOf>;

/** What a ledger says of itself, and which checkpoints bear it out. */
export interface Walked {
  /** Whose it is; null where no checkpoint says it. */
  organization: string | null;
  /** How many lines checkpoints vouch for. */
  treeSize: number;
  /** How many lines stand there that none vouches for yet. */
  unsealed: number;
  /** The last checkpoint of the ledger. */
  newest: (Pick<Checkpoint, 'segment' | 'treeSize' | 'rootHash' | 'time'> & { sha256: string }) | null;
  /** The checkpoints that it was held against: how many, how many of them agree, and up to which line. */
  anchors: { given: number; held: number; heldUpTo: number };
}

export interface WalkSettings {
  keys: StatementKeys;
  found: NoteList<FindingName>;
  remarked: NoteList<RemarkName>;
  anchors: Anchors;
}

/** How the ledger ends before what comes next. Undefined is what is not known, because something is missing or unreadable. */
interface End {
  /** The number of the last segment. */
  segment: number;
  size: number | undefined;
  lastSha256: string | undefined;
  checkpointSha256: string | undefined;
  /** Whether a checkpoint says all this. */
  isVouched: boolean;
  /** Where the last line stands. */
  place: { file: string; line: number };
}

/** A span of the ledger that is judged: a segment, or what is not sealed. */
interface Part {
  file: string;
  lines: readonly SeenLine[];
  checkpoint: Checkpoint | undefined;
  /** Where the checkpoint stands. */
  number: number;
}

/** Goes through a ledger once, from its first segment to its last line, and keeps no more than one segment of it. */
export class LedgerWalk {
  readonly #found: NoteList<FindingName>;
  readonly #remarked: NoteList<RemarkName>;
  readonly #settings: WalkSettings;
  readonly #clock: ClockCheck;
  readonly #writers: WriterCheck;
  #organization: string | undefined;
  #checks: AnchorChecks | undefined;
  #end: End = {
    segment: 0,
    size: 0,
    lastSha256: beforeTheFirst,
    checkpointSha256: beforeTheFirst,
    isVouched: true,
    place: { file: segmentPath(1), line: 1 },
  };
  /** The tree over all lines so far; undefined once one of them is altered or missing. */
  #frontier: Frontier | undefined = new Frontier();
  /** By how much the numbers of segments differ from those of their files. */
  #shift = 0;
  #treeSize = 0;
  #unsealed = 0;
  #newest: Walked['newest'] = null;

  constructor(settings: WalkSettings) {
    this.#settings = settings;
    this.#found = settings.found;
    this.#remarked = settings.remarked;
    this.#clock = new ClockCheck(settings.remarked);
    this.#writers = new WriterCheck(settings.found);
    const organization = organizationOf(settings.anchors);
    if (organization !== undefined) this.#know(organization);
  }

  /** @param seen undefined where it could not be read */
  async segment(segment: number, seen: SeenFile | undefined): Promise<void> {
    const file = segmentPath(segment);
    this.#expectSegment(segment);
    const checkpoint = await this.#verified(file, seen);
    const isOurs = checkpoint === undefined || this.#isOurs(checkpoint, file, seen?.checkpoint?.number);
    if (seen === undefined || !isOurs || (seen.lines.length === 0 && checkpoint === undefined)) {
      this.#lose(segment);
      return;
    }
    const number = seen.checkpoint?.number ?? 0;
    const part = { file, lines: seen.lines, checkpoint, number };
    if (checkpoint !== undefined) this.#judgeNumber(segment, part, checkpoint);
    this.#judge(part);
    this.#goOn(segment, part, seen.checkpoint?.jws);
  }

  /** Some of what follows the last segment, as it stands there. */
  unsealed(lines: readonly SeenLine[]): void {
    if (lines.length === 0) return;
    const part = { file: unsealedName, lines, checkpoint: undefined, number: 0 };
    this.#judge(part);
    this.#goOn(this.#end.segment, part, undefined);
    this.#unsealed += lines.length;
  }

  /** What stands after the last of those, all of which fit: no line after it names it. */
  unsealedEnd({ sequence: last, sha256, number }: UnsealedEnd & { number: number }): void {
    const { size, lastSha256 } = this.#end;
    const file = unsealedName;
    if (size !== undefined && size < last) {
      const place = {
        file,
        line: number,
        sequence: size + 1,
        ...(last > size + 1 && { lastSequence: last }),
      };
      this.#found.add('line-missing', place, 'what was recorded there is gone');
    } else if (size !== undefined && size > last) {
      const place = { file, line: number, sequence: last + 1 };
      this.#found.add('line-inserted', place, 'the lines go on where they are said to end');
    } else if (lastSha256 !== sha256) {
      this.#found.add(
        'line-altered',
        { file, line: number - 1, ...(size !== undefined && { sequence: size }) },
        notRecorded,
      );
    }
  }

  end(): Walked {
    const { found, anchors } = this.#settings;
    if (this.#end.segment === 0) {
      found.add(
        'segment-missing',
        { file: segmentPath(1) },
        'there is no segment: nothing that is there is signed',
      );
    }
    // Where lines are missing, that says it better.
    if (found.count === 0) this.#writers.end();
    const checks = this.#checks ?? this.#know(undefined);
    checks.own.report(this.#end.size, found);
    checks.given.report(this.#end.size, found);
    if (this.#unsealed > 0) this.#remarkUncovered(checks.given.heldUpTo);
    return {
      organization: this.#organization ?? null,
      treeSize: this.#treeSize,
      unsealed: this.#unsealed,
      newest: this.#newest,
      anchors: {
        given: anchors.given.flat().length,
        held: checks.given.held,
        heldUpTo: checks.given.heldUpTo,
      },
    };
  }

  /** Holds the ledger against the anchors of this organization. */
  #know(organization: string | undefined): AnchorChecks {
    this.#organization = organization;
    this.#checks = checksOf(this.#settings.anchors, organization, this.#found);
    return this.#checks;
  }

  #expectSegment(segment: number): void {
    const first = this.#end.segment + 1;
    if (segment === first) return;
    const [file, last] = [segmentPath(first), segment - 1];
    const why = last === first ? `segment ${first} is gone` : `segments ${first} to ${last} are gone`;
    this.#found.add('segment-missing', { file }, why);
    this.#lose(last);
  }

  async #verified(file: string, seen: SeenFile | undefined): Promise<Checkpoint | undefined> {
    if (seen?.checkpoint === undefined) return undefined;
    const { jws, number: line } = seen.checkpoint;
    const verdict = await judgeCheckpoint(jws, this.#settings.keys);
    if (!('why' in verdict)) return verdict;
    this.#found.add(verdict.name, { file, line }, verdict.why);
    return undefined;
  }

  #isOurs({ organization }: Checkpoint, file: string, line = 1): boolean {
    if (this.#organization === undefined) this.#know(organization);
    if (organization === this.#organization) return true;
    const why = 'its checkpoint is of the ledger of another organization';
    this.#found.add('other-organization', { file, line }, why);
    return false;
  }

  /** A checkpoint of another segment: it was swapped, or the files were called by other names. */
  #judgeNumber(segment: number, { file, number }: Part, checkpoint: Checkpoint): void {
    const shift = checkpoint.segment - segment;
    if (shift === this.#shift) return;
    this.#shift = shift;
    this.#lose(segment);
    if (shift === 0) return;
    const why = `its checkpoint is that of segment ${checkpoint.segment}`;
    this.#found.add('segment-altered', { file, line: number }, why);
  }

  /** Nothing is known of how the ledger ends here. */
  #lose(segment: number): void {
    const unknown = { size: undefined, lastSha256: undefined, checkpointSha256: undefined };
    this.#end = { ...this.#end, ...unknown, segment, isVouched: false };
    this.#frontier = undefined;
  }

  #judge(part: Part): void {
    const { file, lines, checkpoint } = part;
    const span = this.#spanOf(part);
    const forked = checkpoint !== undefined && this.#judgeContinuation(part, checkpoint);
    const count = (span.lastSequence ?? 0) - span.firstSequence + 1;
    if (count > mostLines || !lines.some((line) => isWithin(span, line))) {
      this.#judgeForeign(part, count);
      return;
    }
    const { whole, followsAnother, found } = placeLines(lines, span);
    for (const { name, place, why } of found) this.#found.add(name, { file, ...place }, why);
    if (followsAnother) this.#judgeJoint(part, forked);
    this.#judgeEntries(file, whole ?? lines);
    this.#judgeRoots(part, span, whole);
  }

  #spanOf({ lines, checkpoint }: Part): Span {
    const claimed = lines.find(({ says }) => says !== undefined)?.says?.sequence ?? 1;
    const next = this.#end.size === undefined ? claimed : this.#end.size + 1;
    const firstSequence = checkpoint?.firstSequence ?? next;
    return {
      firstSequence,
      lastSequence: checkpoint?.treeSize,
      previousSha256: firstSequence === next ? this.#end.lastSha256 : undefined,
      lastSha256: checkpoint?.lastLineSha256,
    };
  }

  /** Whether a checkpoint goes on where the one before ended. @returns true if it does not, and that is said */
  #judgeContinuation({ file, number }: Part, checkpoint: Checkpoint): boolean {
    const { size, checkpointSha256: before, isVouched, place } = this.#end;
    const gap = size === undefined ? 0 : checkpoint.firstSequence - size - 1;
    if (gap !== 0) this.#frontier = undefined;
    const isOther = before !== undefined && checkpoint.previousCheckpointSha256 !== before;
    if (isOther || (isVouched && gap !== 0)) {
      const why = 'its checkpoint does not go on from the one before, but from that of another ledger';
      this.#found.add('fork', { file, line: number, sequence: checkpoint.firstSequence }, why);
      this.#frontier = undefined;
      return true;
    }
    if (size !== undefined && gap > 0) {
      const sequences = { sequence: size + 1, lastSequence: checkpoint.firstSequence - 1 };
      this.#found.add('line-missing', { ...place, ...sequences }, 'what was recorded after it is gone');
    }
    if (gap < 0) this.#found.add('line-inserted', place, 'it stands beyond what was recorded up to there');
    return false;
  }

  /** None of its lines is one of those that its checkpoint is over. */
  #judgeForeign({ file, number, lines, checkpoint }: Part, count: number): void {
    this.#frontier = undefined;
    if (checkpoint === undefined || this.#shift !== 0) return;
    const isNone = lines.length === 0;
    const what = count > mostLines ? 'more lines than a segment may have' : 'other lines than stand there';
    const why = `its checkpoint is over ${isNone ? 'lines, and none stands there' : what}`;
    this.#found.add('segment-altered', { file, line: number }, why);
  }

  /** The first line is genuine, and names another one before it than that which is there. */
  #judgeJoint({ file, lines }: Part, forked: boolean): void {
    const { isVouched, place, size } = this.#end;
    if (!isVouched) {
      this.#found.add(
        'line-altered',
        { ...place, ...(size !== undefined && { sequence: size }) },
        notRecorded,
      );
      this.#frontier = undefined;
      return;
    }
    if (forked) return;
    const line = lines[0]?.number ?? 1;
    this.#found.add(
      'fork',
      { file, line },
      'its lines do not go on from those before, but from those of another ledger',
    );
  }

  /** What stands in genuine lines all the same: another organization's entries, times that go back. */
  #judgeEntries(file: string, lines: readonly SeenLine[]): void {
    const other = lines.find(({ says }) => says !== undefined && says.organization !== this.#organization);
    if (other?.says !== undefined && this.#organization !== undefined) {
      const place = { file, line: other.number, sequence: other.says.sequence };
      this.#found.add('other-organization', place, 'its entry is of another organization');
    }
    this.#clock.lines(file, lines);
    this.#writers.lines(file, lines);
  }

  #judgeRoots({ file, number, checkpoint }: Part, span: Span, whole: SeenLine[] | undefined): void {
    if (this.#frontier?.size !== span.firstSequence - 1 || whole === undefined) this.#frontier = undefined;
    const leaves = whole?.map(({ leaf }) => Buffer.from(leaf, 'hex')) ?? [];
    for (const leaf of leaves) this.#append(leaf);
    if (checkpoint === undefined) return;
    const { treeSize, rootHash, segmentRoot } = checkpoint;
    if (whole !== undefined && merkleRoot(leaves).toString('hex') !== segmentRoot) {
      const why = 'the root over its lines is not the one in its checkpoint';
      this.#found.add('root-mismatch', { file, line: number }, why);
    } else if (this.#frontier !== undefined && this.#frontier.root().toString('hex') !== rootHash) {
      const why = 'the root over all lines up to there is not the one in its checkpoint';
      this.#found.add('root-mismatch', { file, line: number, sequence: treeSize }, why);
    }
    // Where the tree cannot be made, the checkpoint stands for it: it is as good as its signature.
    if (this.#frontier === undefined) this.#compare(treeSize, rootHash);
  }

  #append(leaf: Uint8Array): void {
    if (this.#frontier === undefined) return;
    this.#frontier.append(leaf);
    const { size } = this.#frontier;
    const isAsked = this.#checks?.given.has(size) === true || this.#checks?.own.has(size) === true;
    if (isAsked) this.#compare(size, this.#frontier.root().toString('hex'));
  }

  #compare(size: number, rootHash: string): void {
    this.#checks?.given.compare(size, rootHash);
    this.#checks?.own.compare(size, rootHash);
  }

  #goOn(segment: number, { file, lines, checkpoint, number }: Part, jws: string | undefined): void {
    const last = lines.at(-1);
    const place = { file, line: last?.number ?? 1 };
    const seen = { size: this.#sizeAfter(lines), lastSha256: last?.sha256, checkpointSha256: undefined };
    this.#end = { ...this.#end, ...seen, segment, place, isVouched: false };
    if (checkpoint === undefined || jws === undefined) return;
    const { treeSize, rootHash, time, lastLineSha256 } = checkpoint;
    const sha256 = checkpointSha256(jws);
    this.#clock.checkpoint(file, number, time);
    this.#end = {
      ...this.#end,
      ...{ size: treeSize, lastSha256: lastLineSha256, checkpointSha256: sha256 },
      isVouched: true,
    };
    this.#treeSize = treeSize;
    this.#newest = { segment: checkpoint.segment, treeSize, rootHash, time, sha256 };
  }

  #sizeAfter(lines: readonly SeenLine[]): number | undefined {
    const last = lines.findLast(({ says }) => says !== undefined)?.says?.sequence;
    const { size } = this.#end;
    return size === undefined ? last : Math.max(size, Math.min(last ?? size, size + lines.length));
  }

  #remarkUncovered(heldUpTo: number): void {
    const first = Math.max(this.#treeSize, heldUpTo) + 1;
    const last = this.#end.size ?? 0;
    if (first > last) return;
    const place = { file: unsealedName, sequence: first, lastSequence: last };
    const why = 'no checkpoint is over these lines yet: nobody signed that they are these';
    this.#remarked.add('not-covered', place, why);
  }
}

const notRecorded = 'what stands there is not what was recorded';

function isWithin({ firstSequence, lastSequence }: Span, { says }: SeenLine): boolean {
  if (lastSequence === undefined) return true;
  return says !== undefined && says.sequence >= firstSequence && says.sequence <= lastSequence;
}
