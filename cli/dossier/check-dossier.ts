import { type DossierReport, verifyDossier } from '#crypto/dossier/verify-dossier.ts';
import type { CheckpointFile } from '#crypto/ledger/anchors.ts';
import type { StatementKeys } from '#crypto/signed-statement.ts';
import { ProofError } from '#domain/errors.ts';

/** What the service was asked for. */
interface Asked {
  enrollmentId: string;
  /** How many entries the newest checkpoint is over that was kept. */
  since?: number | undefined;
}

/**
 * Verifies a dossier that the service gave, before it counts.
 * @param anchors checkpoints that were kept elsewhere
 * @throws ProofError `dossier-invalid` naming what is wrong with it, or that it is of another enrollment, or of a ledger that is not
 *   shown to continue that of the newest checkpoint
 */
export async function checkDossier(
  bytes: Uint8Array,
  { enrollmentId, since = 0 }: Asked,
  keys: StatementKeys,
  anchors: readonly CheckpointFile[],
): Promise<DossierReport> {
  const report = await verifyDossier(bytes, keys, { anchors });
  const [first, ...more] = report.findings;
  if (first !== undefined) {
    const { name, about, why } = first;
    const place = about === undefined ? '' : ` (${about})`;
    const others = more.length === 0 ? '' : `; and ${more.length} more is wrong with it`;
    throw new ProofError('dossier-invalid', {
      why: `The dossier does not verify: ${name}${place}: ${why}${others}.`,
      next: "Tell the operator, and verify an export of the ledger. If you named --jwks, check that it is this service's.",
    });
  }
  if (report.dossier.enrollmentId !== enrollmentId)
    throw new ProofError('dossier-invalid', { why: 'The dossier is of another enrollment.' });
  checkContinues(report, since);
  return report;
}

/** What was kept of a ledger must be its beginning: the proof was asked for, and a ledger does not get shorter. */
function checkContinues({ anchors, checkpoint }: DossierReport, since: number): void {
  const size = checkpoint?.treeSize ?? 0;
  if (since === 0 || anchors.same + anchors.continued > 0) return;
  throw new ProofError('dossier-invalid', {
    why:
      size < since
        ? `The checkpoint that you kept is over ${since} entries, and the ledger of the server has ${size} that are sealed.`
        : 'The server does not prove that its ledger continues that of the checkpoint that you kept.',
    next: 'Tell the operator, and verify an export of the ledger with that checkpoint.',
  });
}
