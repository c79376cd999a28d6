import { type DossierReport, verifyDossier } from '#crypto/dossier/verify-dossier.ts';
import type { StatementKeys } from '#crypto/signed-statement.ts';
import { ProofError } from '#domain/errors.ts';

/**
 * Verifies a dossier that the service gave, before it counts.
 * @throws ProofError `dossier-invalid` naming what is wrong with it, or that it is of another enrollment
 */
export async function checkDossier(
  bytes: Uint8Array,
  enrollmentId: string,
  keys: StatementKeys,
): Promise<DossierReport> {
  const report = await verifyDossier(bytes, keys);
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
  if (report.dossier.enrollmentId === enrollmentId) return report;
  throw new ProofError('dossier-invalid', { why: 'The dossier is of another enrollment.' });
}
