import type { RequestedEnrollment } from '#contract/enrollment-requested.ts';
import { parseRecipientKey } from '#crypto/locks.ts';
import { recoveryKeyThumbprint } from '#crypto/sealing.ts';
import { AccessError, InputError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Dependencies } from './dependencies.ts';
import { checkCustody } from './load.ts';

/**
 * Checks what no schema can tell of a request, before policy is asked.
 * @param owner the organization of whoever asks; undefined if it is not there
 * @returns the key to lock to; undefined where the request names none
 * @throws AccessError `not-found` for an organization that is not the sender's or is not there; InputError
 *   `recipient-key-invalid`, `invalid-input`; ProviderError `provider-misconfigured` if the service runs over another custody
 *   than the organization's
 */
export async function checkRequest(
  dependencies: Pick<Dependencies, 'keys'>,
  owner: Organization | undefined,
  request: RequestedEnrollment,
): Promise<PublicJwk | undefined> {
  if (owner === undefined || request.organization !== owner.organization) throw new AccessError('not-found');
  checkCustody(dependencies, owner);
  const recipientKey = recipientKeyOf(request);
  await refuseRecoveryKey(owner, recipientKey);
  return recipientKey;
}

function recipientKeyOf({ lock, recipientKey }: RequestedEnrollment): PublicJwk | undefined {
  if (recipientKey === undefined) {
    if (lock !== 'recipient') return undefined;
    throw new InputError('recipient-key-invalid', { field: 'recipientKey', why: 'is missing' });
  }
  if (lock === undefined || lock === 'recipient') return parseRecipientKey(recipientKey);
  // Whoever names a key counts on it; another lock would leave it unused.
  throw new InputError('invalid-input', {
    field: 'lock',
    why: 'is not the one that a recipient key is for',
    next: 'Ask for the lock recipient, or leave the recipient key out.',
  });
}

/**
 * Whoever holds the recovery key would open the lock by it: an escrow that policy was not asked about, and for an
 * identity key one that is never allowed (Federal Common Policy 4.12.1).
 */
async function refuseRecoveryKey(
  { recoveryKey }: Organization,
  recipientKey: PublicJwk | undefined,
): Promise<void> {
  if (recipientKey === undefined) return;
  if ((await recoveryKeyThumbprint(recipientKey)) !== (await recoveryKeyThumbprint(recoveryKey))) return;
  throw new InputError('recipient-key-invalid', {
    field: 'recipientKey',
    why: 'is the recovery key of the organization',
    next: 'Name a key that the subscriber or the device alone holds.',
  });
}
