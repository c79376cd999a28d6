import type { KeyListEntry } from '@aws-sdk/client-kms';
import { kmsTagKey } from '#contract/kms-permissions.ts';
import type { KmsCalls } from './calls.ts';
import { dropKey } from './new-key.ts';
import type { KeySettings } from './settings.ts';

/**
 * Finds keys that were made here and never got their alias, because the process crashed or an answer was lost, and has
 * them destroyed. They were never used, and nobody knows them by name. AWS KMS cannot list by tag, so this reads the
 * tags of every key of the account without an alias: for a schedule, and not for the way of a request.
 * @param before keys made later are left alone: one of them may be about to get its alias
 * @returns how many keys were scheduled for deletion
 * @throws ProviderError as `KmsCalls.call`
 */
export async function sweepUnnamedKeys(
  calls: KmsCalls,
  settings: KeySettings,
  before: Date,
): Promise<number> {
  const named = await namedKeys(calls);
  let swept = 0;
  for await (const { KeyId: keyId, KeyArn: arn } of everyKey(calls)) {
    if (keyId === undefined || arn === undefined || named.has(keyId)) continue;
    if (!(await isOurs(calls, settings, arn)) || !(await isLeft(calls, arn, before))) continue;
    await dropKey(calls, arn, settings.deletionWindowDays);
    swept += 1;
  }
  return swept;
}

/** The ids of all keys that have an alias. */
async function namedKeys(calls: KmsCalls): Promise<Set<string>> {
  const named = new Set<string>();
  let marker: string | undefined;
  do {
    const from = marker;
    const page = await calls.call((kms, request) => kms.listAliases(pageFrom(from, 100), request));
    for (const { TargetKeyId: keyId } of page.Aliases ?? []) if (keyId !== undefined) named.add(keyId);
    marker = page.NextMarker;
  } while (marker !== undefined);
  return named;
}

async function* everyKey(calls: KmsCalls): AsyncGenerator<KeyListEntry> {
  let marker: string | undefined;
  do {
    const from = marker;
    const page = await calls.call((kms, request) => kms.listKeys(pageFrom(from, 1_000), request));
    yield* page.Keys ?? [];
    marker = page.NextMarker;
  } while (marker !== undefined);
}

async function isOurs(calls: KmsCalls, settings: KeySettings, arn: string): Promise<boolean> {
  const { Tags: tags = [] } = await calls.call((kms, request) =>
    kms.listResourceTags({ KeyId: arn }, request),
  );
  const prefix = `${kmsTagKey}:prefix`;
  return tags.some(({ TagKey: key, TagValue: value }) => key === prefix && value === settings.aliasPrefix);
}

/** Neither new nor on its way out already. */
async function isLeft(calls: KmsCalls, arn: string, before: Date): Promise<boolean> {
  const { KeyMetadata: key } = await calls.call((kms, request) => kms.describeKey({ KeyId: arn }, request));
  return key?.KeyState !== 'PendingDeletion' && (key?.CreationDate ?? before) < before;
}

function pageFrom(marker: string | undefined, limit: number) {
  return marker === undefined ? { Limit: limit } : { Limit: limit, Marker: marker };
}
