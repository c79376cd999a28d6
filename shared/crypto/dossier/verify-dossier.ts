import { ProofError } from '#domain/errors.ts';
import { type CheckpointFile, readAnchors } from '../ledger/anchors.ts';
import type { Checkpoint } from '../ledger/checkpoint.ts';
import { type FindingName, NoteList } from '../ledger/findings.ts';
import type { StatementKeys } from '../signed-statement.ts';
import type { Dossier } from './content.ts';
import { type DossierFinding, DossierNotes, type DossierRemark } from './findings.ts';
import { type DossierFile, openDossierStatement, readDossier } from './statement.ts';
import {
  type DossierReceipt,
  verifyBackups,
  verifyKey,
  verifyReceipts,
  verifyTold,
} from './verify-content.ts';
import { type DossierLine, verifyEntries, verifyItsCheckpoint } from './verify-entries.ts';

/** What a dossier was found to be. */
export interface DossierReport {
  /** Whether nothing was found wrong with it. */
  ok: boolean;
  /** What it says; believe it only if `ok`. */
  dossier: Dossier;
  /** SHA-256 of the dossier, as its signature and the entry of its making have it; hex. */
  sha256: string;
  /** Those receipts that verify. */
  receipts: readonly DossierReceipt[];
  /** Those entries that are of this enrollment, in their order. */
  lines: readonly DossierLine[];
  /** The checkpoint that proofs lead to; null where there is none that verifies. */
  checkpoint: Checkpoint | null;
  /** Checkpoints that were kept elsewhere: how many there are of this organization, and how many are of the very same ledger. */
  anchors: { given: number; same: number };
  findings: readonly DossierFinding[];
  /** What it does not show, among them. */
  remarks: readonly DossierRemark[];
}

/**
 * Verifies a dossier from its bytes, the keys of the service and earlier checkpoints alone: its signature over all of it; each receipt;
 * each entry by its inclusion proof; that what it tells is what these say.
 * @param keys from the service itself, or from somebody trusted: never those of the dossier
 * @returns never a secret
 * @throws ProofError `dossier-invalid` if it is none, down to its spelling
 */
export async function verifyDossier(
  bytes: Uint8Array,
  keys: StatementKeys,
  { anchors: files = [] }: { anchors?: readonly CheckpointFile[] } = {},
): Promise<DossierReport> {
  const file = readDossier(bytes);
  const { dossier, sha256 } = file;
  const notes = new DossierNotes();
  await verifySignature(file, keys, notes);
  const checkpoint = await verifyItsCheckpoint(dossier, keys, notes);
  const lines = verifyEntries(dossier, checkpoint, notes);
  const receipts = await verifyReceipts(dossier, keys, lines, notes);
  verifyBackups(dossier, receipts, lines, notes);
  verifyKey(dossier, notes);
  verifyTold(dossier, lines, notes);
  const anchors = await holdAgainstAnchors(files, dossier, checkpoint, keys, notes);
  remarkLimits(dossier, keys, lines, notes);
  const { findings, remarks } = notes;
  return {
    ok: findings.length === 0,
    ...{ dossier, sha256, receipts, lines, checkpoint: checkpoint ?? null, anchors, findings, remarks },
  };
}

async function verifySignature(
  { dossier, signature, sha256 }: DossierFile,
  keys: StatementKeys,
  notes: DossierNotes,
): Promise<void> {
  try {
    const statement = await openDossierStatement(signature, keys);
    const { organization, enrollmentId, time } = dossier;
    const isIt =
      statement.sha256 === sha256 &&
      statement.organization === organization &&
      statement.enrollmentId === enrollmentId &&
      statement.time === time;
    if (!isIt) notes.found('altered', 'it is not the dossier that was signed');
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const why = error.details.why ?? 'it is not signed by one of the keys, or its signature was altered';
    notes.found('signature', why);
  }
}

/** Of the very same size, a checkpoint says whether it is the same ledger; of another one, only the ledger itself can tell. */
async function holdAgainstAnchors(
  files: readonly CheckpointFile[],
  { organization }: Dossier,
  checkpoint: Checkpoint | undefined,
  keys: StatementKeys,
  notes: DossierNotes,
): Promise<DossierReport['anchors']> {
  const unusable = new NoteList<FindingName>();
  let [given, same, elsewhere] = [0, 0, 0];
  for (const file of files) {
    const anchors = await readAnchors(file, keys, unusable);
    const ours = anchors.filter((anchor) => anchor.organization === organization);
    if (anchors.length > 0 && ours.length === 0)
      notes.found('anchor-invalid', 'its checkpoints are of the ledger of another organization', file.name);
    given += ours.length;
    for (const { treeSize, rootHash, line } of ours) {
      if (treeSize !== checkpoint?.treeSize) elsewhere += 1;
      else if (rootHash === checkpoint.rootHash) same += 1;
      else
        notes.found(
          'fork',
          'it is signed over another ledger of the same size',
          `${file.name}, line ${line}`,
        );
    }
  }
  for (const { file, line, why } of unusable.listed)
    notes.found('anchor-invalid', why, line === undefined ? file : `${file}, line ${line}`);
  if (files.length === 0)
    notes.remark(
      'no-anchor',
      'no checkpoint that was kept elsewhere was given: whoever holds all keys of the service could have written all of it anew',
    );
  if (elsewhere > 0)
    notes.remark(
      'continuity-not-shown',
      `${elsewhere} of the checkpoints kept elsewhere are over another number of entries: that they are of the same ledger, only the ledger itself shows`,
    );
  return { given, same };
}

/** What is true of each dossier, or of one like this, and no finding. */
function remarkLimits(
  { ledger, keySet }: Dossier,
  { keys }: StatementKeys,
  lines: readonly DossierLine[],
  notes: DossierNotes,
): void {
  const unsealed = lines.filter(({ proved }) => !proved).length;
  if (unsealed > 0 && notes.findings.every(({ name }) => name !== 'entry-not-proved'))
    notes.remark('not-sealed', `${unsealed} of its entries were not sealed yet when it was made`);
  if (!ledger.complete) notes.remark('incomplete', 'there are more entries than it holds');
  const known = new Set(keys.map(({ kid, x, y }) => JSON.stringify([kid, x, y])));
  const isKnown = ({ kid, x, y }: (typeof keySet.keys)[number]) => known.has(JSON.stringify([kid, x, y]));
  if (!keySet.keys.every(isKnown))
    notes.remark(
      'keys-differ',
      'it comes with a key that is not among those given; nothing was verified by it',
    );
  notes.remark(
    'completeness-not-shown',
    'that no entry of the enrollment was left out is what the service states; only the ledger itself shows it',
  );
}
