import { requesting } from '#contract/api/roles.ts';
import { toPem } from '#crypto/pkcs10.ts';
import { isEscrowDue, readyKey } from '#domain/enrollment.ts';
import { AccessError, StateError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadEnrollment } from '#steps/load.ts';
import { recorded } from '#steps/record.ts';

/**
 * Hands out the certificate request of an enrollment that is `ready`: for an encryption key, not before its escrowed
 * backup is proved, nor while escrow is due that policy has required since. It goes to its subscriber, and to those who may ask for certificates in the organization's name.
 * @returns PEM (RFC 7468)
 * @throws AccessError `not-found`; StateError `wrong-state`, `making-in-progress`, `escrow-due`; StoreError as the ports throw
 */
export async function readCsr(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  principal: Principal,
  { enrollmentId, requestId }: { enrollmentId: string; requestId: string },
): Promise<string> {
  const { organization, subject } = principal;
  const entry = { action: 'read-csr', organization, principal: subject, enrollmentId, requestId };
  return await recorded(dependencies, entry, async () => {
    const enrollment = await loadEnrollment(dependencies, organization, enrollmentId);
    const own = principal.roles.includes('subscriber') && subject === enrollment.subscriber.id;
    if (!own && !requesting.some((role) => principal.roles.includes(role)))
      throw new AccessError('not-found');
    const key = readyKey(enrollment, 'hand out the request');
    if (isEscrowDue(enrollment)) throw new StateError('escrow-due');
    return toPem(
      'CERTIFICATE REQUEST',
      await dependencies.documents.get({ kind: 'csr', organization, id: key.csrId }),
    );
  });
}
