import { ProviderError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { statementKeys } from './statement-keys.ts';
import { updateOrganization } from './update-organization.ts';

/**
 * Sees to it that the custody at hand is the one that an organization was set up with, which its receipt key tells. Where that was
 * retired, as whoever runs the service says, the present one takes its place, and is the one that is expected from then on.
 * @param recordNow records that before it counts; not where nothing changes
 * @returns the organization as it stands
 * @throws ProviderError `key-not-found` if its receipt key is neither the present one nor retired; what `updateOrganization` throws
 */
export async function adoptReceiptKey(
  dependencies: Pick<Dependencies, 'registry' | 'keys'>,
  existing: Organization,
  recordNow: () => ReturnType<RecordNow>,
): Promise<Organization> {
  const { kid } = await dependencies.keys.receiptKey();
  if (existing.receiptKeyId === kid) return existing;
  await checkReceiptKey(dependencies, existing);
  const adopted = ({ receiptKeyId }: Organization) =>
    receiptKeyId === kid ? undefined : { receiptKeyId: kid };
  return await updateOrganization(dependencies, existing.organization, adopted, recordNow);
}

/**
 * Looks whether the custody at hand is that of an organization, and changes nothing.
 * @throws ProviderError `key-not-found` if its receipt key is neither the present one nor retired
 */
export async function checkReceiptKey(
  dependencies: Pick<Dependencies, 'keys'>,
  { receiptKeyId }: Pick<Organization, 'receiptKeyId'>,
): Promise<void> {
  const { keys } = await statementKeys(dependencies);
  if (keys.some(({ kid }) => kid === receiptKeyId)) return;
  throw new ProviderError('key-not-found', {
    why: 'The keys that the organization was set up with are not in this custody: nothing locked there would open.',
    next: 'Name the key folder, the token, or the AWS account, region and alias prefix of that set-up, or start anew with a new data folder. If nothing but the key that signs receipts was replaced, name the one before among the retired ones.',
  });
}
