import type { KeyListEntry, Tag } from '@aws-sdk/client-kms';
import { kmsTagKey } from '#contract/kms-permissions.ts';
import { ProviderError } from '#domain/errors.ts';
import type { KmsCalls } from './calls.ts';
import { dropKey } from './new-key.ts';
import type { KeySettings } from './settings.ts';

/**
 * Finds resident keys that were made here and never got their alias, because the process crashed or an answer was lost, and
 * has them destroyed. They were never used, and nobody knows them by name. AWS KMS cannot list by tag, so this reads the
 * tags of every key of the account without an alias: for a schedule, and not for the way of a request. Own keys are left
 * alone: one without an alias may be one whose alias somebody removed or moved, and all that it wrapped would be lost.
 * @param before keys made later are left alone: one of them may be about to get its alias
 * @returns how many keys were scheduled for deletion
 * @throws ProviderError as `KmsCalls.call`; `provider-access-denied` only if of no key the tags may be read
 */
export async function sweepUnnamedKeys(
  calls: KmsCalls,
  settings: KeySettings,
  before: Date,
): Promise<number> {
  const named = await namedKeys(calls);
  const readable = new Readable();
  let swept = 0;
  for await (const { KeyId: keyId, KeyArn: arn } of everyKey(calls)) {
    if (keyId === undefined || arn === undefined || named.has(keyId)) continue;
    const tags = await readable.tagsOf(calls, arn);
    if (!isResident(tags, settings) || !(await isLeft(calls, arn, before))) continue;
    await dropKey(calls, arn, settings.deletionWindowDays);
    swept += 1;
  }
  readable.check();
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

/** The policy of somebody else's key may keep its tags from us, which is no reason not to look at the next. */
class Readable {
  #denied: ProviderError | undefined;
  #some = false;

  /** None where they may not be read, or the key is gone by now. */
  async tagsOf(calls: KmsCalls, arn: string): Promise<Tag[]> {
    try {
      const { Tags: tags = [] } = await calls.call((kms, request) =>
        kms.listResourceTags({ KeyId: arn }, request),
      );
      this.#some = true;
      return tags;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.code !== 'provider-access-denied' && error.code !== 'key-not-found') throw error;
      if (error.code === 'provider-access-denied') this.#denied ??= error;
      return [];
    }
  }

  /** @throws ProviderError `provider-access-denied` if all were denied: then it is our permission that lacks */
  check(): void {
    if (this.#denied !== undefined && !this.#some) throw this.#denied;
  }
}

/** Made for an enrollment, under our prefix. */
function isResident(tags: readonly Tag[], { aliasPrefix }: KeySettings): boolean {
  const values = new Map(tags.map(({ TagKey: key, TagValue: value }) => [key, value]));
  return values.get(`${kmsTagKey}:prefix`) === aliasPrefix && values.has(`${kmsTagKey}:enrollment`);
}

/** Neither new nor on its way out already. */
async function isLeft(calls: KmsCalls, arn: string, before: Date): Promise<boolean> {
  const { KeyMetadata: key } = await calls.call((kms, request) => kms.describeKey({ KeyId: arn }, request));
  return key?.KeyState !== 'PendingDeletion' && (key?.CreationDate ?? before) < before;
}

function pageFrom(marker: string | undefined, limit: number) {
  return marker === undefined ? { Limit: limit } : { Limit: limit, Marker: marker };
}
