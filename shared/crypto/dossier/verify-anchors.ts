import { type Anchor, type CheckpointFile, readAnchors } from '../ledger/anchors.ts';
import type { Checkpoint } from '../ledger/checkpoint.ts';
import { type FindingName, NoteList } from '../ledger/findings.ts';
import { verifyConsistency } from '../ledger/merkle.ts';
import type { StatementKeys } from '../signed-statement.ts';
import type { Dossier } from './content.ts';
import type { DossierNotes } from './findings.ts';

/** Checkpoints that were kept elsewhere, of the organization of a dossier. */
export interface HeldAgainst {
  given: number;
  /** How many are of the very same ledger. */
  same: number;
  /** How many are proved to be of its beginning. */
  continued: number;
}

/**
 * Reads checkpoints that were kept elsewhere, and are of the organization of a dossier.
 * @param files what is wrong with one of them is a finding
 */
export async function anchorsOf(
  { organization }: Dossier,
  files: readonly CheckpointFile[],
  keys: StatementKeys,
  notes: DossierNotes,
): Promise<Anchor[]> {
  const unusable = new NoteList<FindingName>();
  const own: Anchor[] = [];
  for (const file of files) {
    const anchors = await readAnchors(file, keys, unusable);
    const ours = anchors.filter((anchor) => anchor.organization === organization);
    if (anchors.length > 0 && ours.length === 0)
      notes.found('anchor-invalid', 'its checkpoints are of the ledger of another organization', file.name);
    own.push(...ours);
  }
  for (const { file, line, why } of unusable.listed)
    notes.found('anchor-invalid', why, line === undefined ? file : `${file}, line ${line}`);
  return own;
}

/**
 * Holds the checkpoint of a dossier against those that were kept. Of the very same size, one says whether it is the same ledger; of
 * another size, the proof that the dossier brings along says it, if it is for that size; or else only the ledger itself.
 */
export function holdAgainstAnchors(
  { ledger: { consistency } }: Dossier,
  checkpoint: Checkpoint | undefined,
  anchors: readonly Anchor[],
  notes: DossierNotes,
): HeldAgainst {
  const held: HeldAgainst = { given: anchors.length, same: 0, continued: 0 };
  for (const anchor of anchors) {
    const { treeSize, rootHash, file, line } = anchor;
    if (treeSize === checkpoint?.treeSize) {
      if (rootHash === checkpoint.rootHash) held.same += 1;
      else notes.found('fork', 'it is signed over another ledger of the same size', `${file}, line ${line}`);
    } else if (checkpoint !== undefined && treeSize === consistency?.treeSize) {
      if (continues(anchor, checkpoint, consistency.path)) held.continued += 1;
      else
        notes.found(
          'fork',
          'the ledger of the dossier is not shown to continue its',
          `${file}, line ${line}`,
        );
    }
  }
  return held;
}

function continues(anchor: Anchor, checkpoint: Checkpoint, path: readonly string[]): boolean {
  return verifyConsistency({
    earlierSize: anchor.treeSize,
    laterSize: checkpoint.treeSize,
    earlierRoot: Buffer.from(anchor.rootHash, 'hex'),
    laterRoot: Buffer.from(checkpoint.rootHash, 'hex'),
    proof: path.map((node) => Buffer.from(node, 'hex')),
  });
}
