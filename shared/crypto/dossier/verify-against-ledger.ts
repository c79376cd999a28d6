import * as v from 'valibot';
import { ProofError } from '#domain/errors.ts';
import type { CheckpointFile } from '../ledger/anchors.ts';
import type { Finding } from '../ledger/findings.ts';
import { segmentPath, unsealedName } from '../ledger/folder.ts';
import { type LedgerLine, longestLine, parseLine } from '../ledger/line.ts';
import { readLines } from '../ledger/read-lines.ts';
import { type LedgerFolder, verifyLedger } from '../ledger/verify-ledger.ts';
import type { StatementKeys } from '../signed-statement.ts';
import { type Dossier, type DossierEntry, entrySchema } from './content.ts';
import type { DossierNotes } from './findings.ts';
import type { DossierLine } from './verify-entries.ts';

/** What an exported ledger has of an enrollment. */
export interface HeldAgainstLedger {
  /** How many entries the ledger has in all, as far as they are sealed. */
  treeSize: number;
  /** How many of them are of the enrollment. */
  entries: number;
  /** Whether it is known of each of these, up to the checkpoint of the dossier, that the dossier has it. */
  complete: boolean;
}

type Entry = LedgerLine<DossierEntry>;

/** What the checkpoint of a dossier is called, as a ledger is held against it. */
const ownCheckpoint = 'the checkpoint of the dossier';

/** The dossier that is held against a ledger, and what was found of it so far. */
export interface HeldDossier {
  dossier: Dossier;
  /** How many entries its checkpoint is over; 0 where it has none that verifies. */
  treeSize: number;
  lines: readonly DossierLine[];
}

/**
 * Holds a dossier against an exported ledger: that the ledger is whole, is the one of the dossier's checkpoint, and has no entry of the
 * enrollment that the dossier lacks, nor lacks one that it has.
 * @param anchors checkpoints that were kept elsewhere, to hold the ledger against
 * @returns undefined where the ledger is not whole, or another one: then nothing is known
 */
export async function holdAgainstLedger(
  held: HeldDossier,
  folder: LedgerFolder,
  keys: StatementKeys,
  anchors: readonly CheckpointFile[],
  notes: DossierNotes,
): Promise<HeldAgainstLedger | undefined> {
  const { dossier, treeSize } = held;
  const { checkpoint } = dossier.ledger;
  const own = treeSize === 0 || checkpoint === null ? [] : [checkpointFile(checkpoint)];
  const report = await verifyLedger(folder, keys, { anchors: [...own, ...anchors] });
  const isShorter = report.findings.some(({ name, file }) => name === 'truncated' && file === ownCheckpoint);
  const wrong = report.findings.filter(({ name, file }) => !(name === 'truncated' && file === ownCheckpoint));
  if (report.organization !== null && report.organization !== dossier.organization)
    notes.found('ledger-not-whole', 'it is the ledger of another organization');
  else if (wrong.length > 0) tellWrong(wrong, notes);
  else {
    const entries = await entriesIn(folder, dossier);
    return await compare(held, { entries, size: report.treeSize, isShorter }, notes);
  }
  return undefined;
}

function checkpointFile(jws: string): CheckpointFile {
  return {
    name: ownCheckpoint,
    async *read() {
      yield Buffer.from(`${jws}\n`);
    },
  };
}

function tellWrong([first, ...more]: readonly Finding[], notes: DossierNotes): void {
  if (first === undefined) return;
  const { name, file, line, why } = first;
  const place = line === undefined || file === ownCheckpoint ? file : `${file}, line ${line}`;
  if (name === 'fork' && file === ownCheckpoint)
    notes.found('fork', 'it is of another ledger than the one that was exported', place);
  else {
    const others = more.length === 0 ? '' : `; and ${more.length} more is wrong with it`;
    notes.found('ledger-not-whole', `${name}: ${why}${others}`, place);
  }
}

/** The entries of the enrollment in a ledger that was found to be whole. */
async function entriesIn(folder: LedgerFolder, { enrollmentId }: Dossier): Promise<Entry[]> {
  const entries: Entry[] = [];
  const files = [...folder.segments.map(segmentPath), ...(folder.hasUnsealed ? [unsealedName] : [])];
  // So that not each line is parsed: an id has no character that JSON writes in another way.
  const mark = JSON.stringify(enrollmentId);
  for (const file of files) {
    for await (const batch of readLines(folder.read(file), longestLine)) {
      const some = batch.filter(({ bytes }) => Buffer.from(bytes).includes(mark));
      entries.push(...some.flatMap(({ bytes }) => entryIn(bytes)));
    }
  }
  return entries.filter(({ entry }) => entry.enrollmentId === enrollmentId);
}

/** None for what is no line: a checkpoint, or what somebody changed since it was verified. */
function entryIn(bytes: Uint8Array): Entry[] {
  try {
    const line = parseLine(bytes);
    const entry = v.safeParse(entrySchema, line.entry);
    return entry.success ? [{ ...line, entry: entry.output }] : [];
  } catch (error) {
    if (error instanceof ProofError) return [];
    throw error;
  }
}

/** What a ledger has of an enrollment, and how far it goes. */
interface Exported {
  entries: readonly Entry[];
  size: number;
  /** It ends before the checkpoint of the dossier. */
  isShorter: boolean;
}

function compare(
  { dossier, treeSize, lines }: HeldDossier,
  { entries, size, isShorter }: Exported,
  notes: DossierNotes,
): HeldAgainstLedger {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const own = new Set(lines.map(({ id }) => id));
  const last = lines.at(-1)?.sequence ?? 0;
  // Beyond the last one of a dossier that says itself that there are more, none is missing.
  const upTo = dossier.ledger.complete ? treeSize : Math.min(treeSize, last);
  const missing = entries.filter(({ sequence, id }) => sequence <= upTo && !own.has(id));
  for (const { sequence } of missing)
    notes.found('entry-missing', 'the ledger has it, and the dossier does not', `#${sequence}`);
  for (const line of lines) holdLine(line, byId.get(line.id), size, notes);

  const since = entries.filter(({ sequence, id }) => sequence > treeSize && !own.has(id)).length;
  if (since > 0)
    notes.remark(
      'recorded-since',
      `${since} more entries of the enrollment were recorded after its checkpoint`,
    );
  const complete = treeSize > 0 && !isShorter && missing.length === 0 && dossier.ledger.complete;
  return { treeSize: size, entries: entries.filter(({ sequence }) => sequence <= size).length, complete };
}

/** What is not proved in the dossier stands in the ledger by its id: on AWS it may have got another place as it was sealed. */
function holdLine(line: DossierLine, found: Entry | undefined, size: number, notes: DossierNotes): void {
  const place = `#${line.sequence}`;
  if (found === undefined) {
    if (line.sequence <= size)
      notes.found('entry-not-in-ledger', 'the dossier has it, and the ledger does not', place);
  } else if (found.time !== line.time || JSON.stringify(line.entry) !== JSON.stringify(found.entry)) {
    notes.found('entry-not-in-ledger', 'the ledger has another entry of its name', place);
  }
}
