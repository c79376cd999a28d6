import { canaryOrganization, canaryPolicy } from '#domain/canary.ts';
import { EscrowError, ProviderError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { writeOrLook } from '#steps/may-stand.ts';
import { recorded } from '#steps/record.ts';

type Needs = Pick<Dependencies, 'registry' | 'keys' | 'ledger'>;

/**
 * Sets up the canaries' organization, unless it is there.
 * @returns whether it was not
 * @throws ProviderError `key-not-found` if it is there with another recovery key: the secret was lost, or replaced, and what was
 *   sealed before cannot be opened; what the ports throw
 */
export async function setUpCanaries(
  dependencies: Needs,
  recoveryKey: PublicJwk & { kid: string },
): Promise<boolean> {
  if (await areSetUp(dependencies, recoveryKey)) return false;
  const act = { action: 'set-up-organization', organization: canaryOrganization, principal: 'service' };
  try {
    await recorded(dependencies, act, async (recordNow) => {
      const { registry } = dependencies;
      const record = await recordOf(dependencies, recoveryKey);
      await recordNow();
      await writeOrLook(registry, record, () => registry.create(record));
    });
    return true;
  } catch (error) {
    if (!(error instanceof EscrowError) || error.code !== 'already-exists') throw error;
    return !(await areSetUp(dependencies, recoveryKey));
  }
}

async function areSetUp({ registry }: Needs, { kid }: { kid: string }): Promise<boolean> {
  const existing = await registry.read('organization', canaryOrganization, 'organization');
  if (existing === undefined) return false;
  if (existing.recoveryKey.kid === kid) return true;
  throw new ProviderError('key-not-found', {
    why: "The canaries' secret is not the one that they were set up with: what was sealed to its key cannot be opened.",
    next: 'Restore that secret.',
  });
}

async function recordOf({ keys }: Needs, recoveryKey: PublicJwk & { kid: string }): Promise<Organization> {
  return {
    type: 'organization',
    organization: canaryOrganization,
    id: 'organization',
    version: 1,
    name: 'Canary',
    contact: 'whoever looks after the service',
    custody: keys.custody,
    receiptKeyId: (await keys.receiptKey()).kid,
    recoveryKey,
    policy: canaryPolicy,
    events: [],
  };
}
