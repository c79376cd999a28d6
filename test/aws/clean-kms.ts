import { type KMS, paginateListAliases, paginateListKeys } from '@aws-sdk/client-kms';
import { runTag } from './run.ts';

const shortestWindowDays = 7;

/** Removes the aliases under a prefix and has their keys destroyed. */
export async function cleanAliases(kms: KMS, prefix: string): Promise<void> {
  for await (const { Aliases: aliases = [] } of paginateListAliases({ client: kms }, {})) {
    for (const { AliasName: alias = '', TargetKeyId: keyId } of aliases) {
      if (!alias.startsWith(`alias/${prefix}/`)) continue;
      if (keyId !== undefined) await destroy(kms, keyId);
      await kms.deleteAlias({ AliasName: alias });
    }
  }
}

/**
 * Has every key destroyed that carries the tag of a run, and looks at no other.
 * @returns how many
 */
export async function cleanKeys(kms: KMS, runId: string): Promise<number> {
  let destroyed = 0;
  for await (const { Keys: keys = [] } of paginateListKeys({ client: kms }, {})) {
    for (const { KeyId: keyId = '' } of keys) {
      if (!(await isOfRun(kms, keyId, runId))) continue;
      if (await destroy(kms, keyId)) destroyed += 1;
    }
  }
  return destroyed;
}

async function isOfRun(kms: KMS, keyId: string, runId: string): Promise<boolean> {
  try {
    const { Tags: tags = [] } = await kms.listResourceTags({ KeyId: keyId });
    return tags.some(({ TagKey, TagValue }) => TagKey === runTag && TagValue === runId);
  } catch (error) {
    // Somebody else's key, of which we may know nothing: certainly none of ours.
    if (error instanceof Error && error.name === 'AccessDeniedException') return false;
    throw error;
  }
}

/** @returns false if it was on its way out already */
async function destroy(kms: KMS, keyId: string): Promise<boolean> {
  try {
    await kms.scheduleKeyDeletion({ KeyId: keyId, PendingWindowInDays: shortestWindowDays });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'KMSInvalidStateException') return false;
    throw error;
  }
}
