import * as v from 'valibot';
import { EscrowError } from '#domain/errors.ts';
import { judgeCheckpoint } from '../ledger/anchors.ts';
import type { Checkpoint } from '../ledger/checkpoint.ts';
import { type LedgerLine, lineLeaf, lineSha256, parseLine } from '../ledger/line.ts';
import { verifyInclusion } from '../ledger/merkle.ts';
import type { StatementKeys } from '../signed-statement.ts';
import { type Dossier, type DossierEntry, entrySchema } from './content.ts';
import { type DossierNotes, isOf, type Owner } from './findings.ts';

/** An entry of a dossier. */
export interface DossierLine extends LedgerLine<DossierEntry> {
  /** Whether its proof leads to the root of the checkpoint. */
  proved: boolean;
}

/**
 * Verifies the checkpoint of a dossier.
 * @returns undefined where there is none, or none that verifies
 */
export async function verifyItsCheckpoint(
  { ledger, organization }: Dossier,
  keys: StatementKeys,
  notes: DossierNotes,
): Promise<Checkpoint | undefined> {
  if (ledger.checkpoint === null) return undefined;
  const verdict = await judgeCheckpoint(ledger.checkpoint, keys);
  if ('why' in verdict) {
    notes.found('checkpoint-invalid', verdict.why);
    return undefined;
  }
  if (verdict.organization === organization) return verdict;
  notes.found('checkpoint-of-other', 'the checkpoint is of the ledger of another organization');
  return undefined;
}

/** Verifies entries: each is one of the enrollment, in the order of the ledger, and proved by the checkpoint if it is under it. */
export function verifyEntries(
  dossier: Dossier,
  checkpoint: Checkpoint | undefined,
  notes: DossierNotes,
): DossierLine[] {
  const { checkpoint: given, entries } = dossier.ledger;
  if (given === null && entries.some(({ path }) => path !== null))
    notes.found('entry-not-proved', 'a proof comes without the checkpoint that it leads to');
  const lines: DossierLine[] = [];
  let before: { sequence: number; sha256: string } = { sequence: 0, sha256: '' };
  for (const [index, { line: text, path }] of entries.entries()) {
    const read = readEntry(text, dossier, `entry ${index + 1} of the dossier`, notes);
    if (read === undefined) continue;
    const place = `#${read.sequence}`;
    if (read.sequence <= before.sequence)
      notes.found('entries-disordered', 'it does not stand after the one before it', place);
    if (read.sequence === before.sequence + 1 && before.sequence > 0 && read.previousSha256 !== before.sha256)
      notes.found('entries-disordered', 'it does not name the one before it', place);
    before = { sequence: read.sequence, sha256: lineSha256(text) };
    lines.push({ ...read, proved: isProved(read.sequence, { text, path }, checkpoint, notes) });
  }
  return lines;
}

function readEntry(
  text: string,
  owner: Owner,
  about: string,
  notes: DossierNotes,
): LedgerLine<DossierEntry> | undefined {
  try {
    const { sequence, previousSha256, time, id, entry } = parseLine(Buffer.from(text));
    const said = v.safeParse(entrySchema, entry);
    if (!said.success) notes.found('entry-unreadable', 'it does not say what entries say', about);
    else if (!isOf(owner, said.output))
      notes.found('entry-of-other', 'it is not of this enrollment', `#${sequence}`);
    else return { sequence, previousSha256, time, id, entry: said.output };
  } catch (error) {
    if (!(error instanceof EscrowError)) throw error;
    notes.found('entry-unreadable', error.details.why ?? 'it is no line of a ledger', about);
  }
  return undefined;
}

function isProved(
  sequence: number,
  { text, path }: { text: string; path: readonly string[] | null },
  checkpoint: Checkpoint | undefined,
  notes: DossierNotes,
): boolean {
  const place = `#${sequence}`;
  if (path === null) {
    if (checkpoint === undefined || sequence > checkpoint.treeSize) return false;
    notes.found('entry-not-proved', 'the checkpoint is over it, and it comes without a proof', place);
    return false;
  }
  // Of what no checkpoint that verifies is over nothing can be proved: that is found once, with the checkpoint.
  if (checkpoint === undefined) return false;
  const proved = verifyInclusion({
    index: sequence - 1,
    size: checkpoint.treeSize,
    leaf: lineLeaf(text),
    proof: path.map((node) => Buffer.from(node, 'hex')),
    root: Buffer.from(checkpoint.rootHash, 'hex'),
  });
  if (!proved)
    notes.found('entry-not-proved', 'its proof does not lead to the root of the checkpoint', place);
  return proved;
}
