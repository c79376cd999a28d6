import type { KeyUsageType, KeySpec as KmsKeySpec } from '@aws-sdk/client-kms';
import { ProviderError } from '#domain/errors.ts';
import type { CallOptions } from '#ports/key-provider.ts';
import { whileWanted } from '../call-limits.ts';
import type { KmsCalls } from './calls.ts';
import { type OwnKeyDuty, ownKeyAlias } from './names.ts';
import { createKey, dropKey, findKey, type KnownKey, nameKey } from './new-key.ts';
import { once } from './once.ts';
import type { KeySettings } from './settings.ts';
import { keyTags } from './tags.ts';

interface OwnKeyKind {
  spec: KmsKeySpec;
  usage: KeyUsageType;
  description: string;
}

const kinds: Readonly<Record<OwnKeyDuty, OwnKeyKind>> = {
  custody: {
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    description: 'Custody of exportable enrollment private keys',
  },
  mac: {
    spec: 'HMAC_256',
    usage: 'GENERATE_VERIFY_MAC',
    description: 'The MAC in the middle of the password lock',
  },
  receipts: {
    spec: 'ECC_NIST_P256',
    usage: 'SIGN_VERIFY',
    description: 'Receipts of the enrollment key escrow',
  },
};

/** Finds each of the provider's own keys once: gives its ARN, and throws as `openOwnKey`, or as `whileWanted` for its caller. */
export type OwnKeys = Readonly<Record<OwnKeyDuty, (options?: CallOptions) => Promise<string>>>;

/** The provider's own keys, none of which is looked for yet. */
export function findOwnKeys(calls: KmsCalls, settings: KeySettings & { createOwnKeys: boolean }): OwnKeys {
  const find = (duty: OwnKeyDuty) => {
    // As whole work: where one fails, none of the others is left with a key that has no name yet.
    const found = once(() =>
      calls.whole(
        {},
        () => openOwnKey(calls, settings, duty),
        () => undefined,
      ),
    );
    return (options?: CallOptions) => whileWanted(options, found);
  };
  return { custody: find('custody'), mac: find('mac'), receipts: find('receipts') };
}

/**
 * The provider's own key for a duty, found by its alias; made under it if there is none and the settings allow.
 * @returns its ARN
 * @throws ProviderError `provider-misconfigured` if there is none, or it is of another kind; `key-disabled`,
 *   `key-pending-deletion`; otherwise as `KmsCalls.call`
 */
async function openOwnKey(
  calls: KmsCalls,
  settings: KeySettings & { createOwnKeys: boolean },
  duty: OwnKeyDuty,
): Promise<string> {
  const alias = ownKeyAlias(settings.aliasPrefix, duty);
  const existing = await findKey(calls, alias);
  if (existing !== undefined) return checked(existing, alias, kinds[duty]);
  if (!settings.createOwnKeys) {
    throw new ProviderError('provider-misconfigured', {
      field: alias,
      why: 'there is no such key in AWS KMS',
      next: 'Deploy the keys, or check region, account and alias prefix.',
    });
  }
  return await makeOwnKey(calls, settings, duty, alias);
}

async function makeOwnKey(
  calls: KmsCalls,
  settings: KeySettings,
  duty: OwnKeyDuty,
  alias: string,
): Promise<string> {
  const { spec, usage, description } = kinds[duty];
  const arn = await createKey(calls, {
    KeySpec: spec,
    KeyUsage: usage,
    Description: description,
    Tags: keyTags(settings, { name: duty }),
  });
  const named = await nameKey(calls, alias, arn);
  // Where another process was first, its key counts, and this one was never used.
  if (!named) await dropKey(calls, arn, settings.deletionWindowDays, { fresh: true });
  const first = await findKey(calls, alias, { fresh: true });
  if (first === undefined) throw new ProviderError('provider-unavailable');
  return checked(first, alias, kinds[duty]);
}

/** A key of another kind, or one whose material somebody else may have, must not be used by mistake. */
function checked(key: KnownKey, alias: string, kind: OwnKeyKind): string {
  if (key.spec !== kind.spec || key.usage !== kind.usage || key.origin !== 'AWS_KMS') {
    throw new ProviderError('provider-misconfigured', {
      field: alias,
      why: `leads to a key of another kind: it must be ${kind.spec} for ${kind.usage} with key material of AWS KMS`,
      next: 'Give the alias to a key of that kind, or choose another alias prefix.',
    });
  }
  const details = { field: alias };
  if (key.state === 'PendingDeletion') throw new ProviderError('key-pending-deletion', details);
  if (key.state === 'Disabled') throw new ProviderError('key-disabled', details);
  return key.arn;
}
