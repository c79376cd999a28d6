import type { CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { type KmsKeyTag, kmsTagKey } from '#contract/kms-permissions.ts';
import type { KeyContext } from '#ports/key-provider.ts';
import type { KeySettings } from './settings.ts';

export type KeyFacts = { name: string } & Partial<KeyContext>;

/**
 * What names a key from the moment it is made, before it has an alias: whoever finds it without one knows whose it is.
 * No personal data: tags can be read by whoever may list keys.
 */
export function keyTags(
  settings: KeySettings,
  { name, ...context }: KeyFacts,
): CreateKeyCommandInput['Tags'] {
  const { organization, enrollmentId: enrollment, purpose } = context;
  const own: Partial<Record<KmsKeyTag, string | undefined>> = { organization, enrollment, purpose };
  const named = { prefix: settings.aliasPrefix, name, ...own };
  return [
    ...Object.entries(settings.tags).map(([key, value]) => tag(key, value)),
    ...Object.entries(named).flatMap(([key, value]) =>
      value === undefined ? [] : [tag(`${kmsTagKey}:${key}`, value)],
    ),
  ];
}

/** A tag in the characters that AWS takes (Tagging AWS resources: restrictions), at most 256 of them. */
function tag(key: string, value: string) {
  return { TagKey: key, TagValue: value.replaceAll(/[^\p{L}\p{N}\p{Z}_.:/=+\-@]/gu, '_').slice(0, 256) };
}
