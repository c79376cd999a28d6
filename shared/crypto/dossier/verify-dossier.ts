import { errors } from 'jose';
import { ProofError } from '#domain/errors.ts';
import type { CheckpointFile } from '../ledger/anchors.ts';
import type { Checkpoint } from '../ledger/checkpoint.ts';
import type { LedgerFolder } from '../ledger/verify-ledger.ts';
import type { StatementKeys } from '../signed-statement.ts';
import type { Dossier } from './content.ts';
import { type DossierFinding, DossierNotes, type DossierRemark } from './findings.ts';
import { type DossierFile, openDossierStatement, readDossier } from './statement.ts';
import { type HeldAgainstLedger, holdAgainstLedger } from './verify-against-ledger.ts';
import { anchorsOf, type HeldAgainst, holdAgainstAnchors } from './verify-anchors.ts';
import { type DossierReceipt, verifyBackups, verifyReceipts } from './verify-content.ts';
import { type DossierLine, verifyEntries, verifyItsCheckpoint } from './verify-entries.ts';
import { verifyKey, verifyPolicies, verifyTold } from './verify-told.ts';

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
  /** The checkpoints of this organization that were kept elsewhere. */
  anchors: HeldAgainst;
  /** What the ledger has of the enrollment; null where none was given, or one that is not whole, or another one. */
  ledger: HeldAgainstLedger | null;
  findings: readonly DossierFinding[];
  /** What it does not show, among them. */
  remarks: readonly DossierRemark[];
}

export interface VerifyDossierOptions {
  /** Checkpoints that were kept elsewhere. */
  anchors?: readonly CheckpointFile[];
  /** The ledger, as it was exported: it alone shows that no entry was left out. */
  ledger?: LedgerFolder;
}

/**
 * Verifies a dossier from its bytes, the keys of the service, earlier checkpoints and an exported ledger alone: its signature over all
 * of it; each receipt; each entry by its inclusion proof; that what it tells is what these say; that the ledger has no other entry.
 * @param keys from the service itself, or from somebody trusted: never those of the dossier
 * @returns never a secret
 * @throws ProofError `dossier-invalid` if it is none, down to its spelling; what reading the others throws
 */
export async function verifyDossier(
  bytes: Uint8Array,
  keys: StatementKeys,
  { anchors: files = [], ledger: folder }: VerifyDossierOptions = {},
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
  verifyPolicies(dossier, notes);
  const kept = await anchorsOf(dossier, files, keys, notes);
  const anchors = holdAgainstAnchors(dossier, checkpoint, kept, notes);
  const held = { dossier, treeSize: checkpoint?.treeSize ?? 0, lines };
  const ledger = folder && (await holdAgainstLedger(held, folder, keys, files, notes));
  remarkLimits({ dossier, keys, lines, anchors, ledger }, notes);
  const { findings, remarks } = notes;
  return {
    ok: findings.length === 0,
    ...{ dossier, sha256, receipts, lines, checkpoint: checkpoint ?? null, anchors, ledger: ledger ?? null },
    ...{ findings, remarks },
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
    const isUnknown = error.cause instanceof errors.JWKSNoMatchingKey;
    notes.found('signature', error.details.why ?? (isUnknown ? unknownKey : notSigned));
  }
}

const unknownKey =
  'it names a key that is not among those given: give the keys of the service that made it, with those that it has retired';
const notSigned = 'it is not signed by the key that it names, or was altered';

/** What is known of a dossier once all of it was looked at. */
interface Known {
  dossier: Dossier;
  keys: StatementKeys;
  lines: readonly DossierLine[];
  anchors: HeldAgainst;
  ledger: HeldAgainstLedger | undefined;
}

/** What is true of each dossier, or of one like this, and no finding. */
function remarkLimits(known: Known, notes: DossierNotes): void {
  const { dossier, keys, anchors, ledger } = known;
  if (anchors.given === 0) notes.remark('no-anchor', noAnchor);
  const elsewhere = anchors.given - anchors.same - anchors.continued;
  if (elsewhere > 0 && ledger === undefined && notes.findings.every(({ name }) => name !== 'fork'))
    notes.remark('continuity-not-shown', `${elsewhere} of the checkpoints kept elsewhere are ${otherSize}`);
  remarkSealing(known, notes);
  if (!dossier.ledger.complete) notes.remark('incomplete', 'there are more entries than it holds');
  if (dossier.earlierNotices) notes.remark('incomplete', 'there were earlier notices than it holds');
  const given = new Set(keys.keys.map(({ kid, x, y }) => JSON.stringify([kid, x, y])));
  if (!dossier.keySet.keys.every(({ kid, x, y }) => given.has(JSON.stringify([kid, x, y]))))
    notes.remark(
      'keys-differ',
      'it comes with a key that is not among those given; nothing was verified by it',
    );
  if (ledger?.complete !== true)
    notes.remark('completeness-not-shown', ledger === undefined ? noLedger : shorterLedger);
}

const noAnchor =
  'no checkpoint that was kept elsewhere was given: whoever holds all keys of the service could have written all of it anew';
const otherSize =
  'over another number of entries: that they are of the same ledger, only the ledger itself shows, or a dossier that was taken with one of them';
const noLedger =
  'that no entry of the enrollment was left out is what the service states; only the ledger itself shows it, if it is held against an export of that';
const shorterLedger =
  'that no entry of the enrollment was left out is shown as far as the ledger and the dossier both go, and no further';

/** An entry is sealed a minute after it was recorded. */
const longestUnsealed = 3_600_000;

function remarkSealing({ dossier, lines }: Known, notes: DossierNotes): void {
  const [oldest, ...more] = lines.filter(({ proved }) => !proved);
  if (oldest === undefined || notes.findings.some(({ name }) => name === 'entry-not-proved')) return;
  notes.remark(
    'not-sealed',
    `${more.length + 1} of its entries ${more.length === 0 ? 'was' : 'were'} not sealed yet when it was made`,
  );
  if (Date.parse(dossier.time) - Date.parse(oldest.time) > longestUnsealed)
    notes.remark(
      'sealing-behind',
      `an entry of ${oldest.time} was not sealed when it was made, and entries are sealed a minute later: ask the operator why`,
    );
}
