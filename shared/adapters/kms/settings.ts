import { ProviderError } from '#domain/errors.ts';

export interface KmsProviderSettings {
  /** What the aliases begin with, after `alias/`; `escrow` if not given. */
  aliasPrefix?: string;
  /** Where exportable keys are made: by AWS KMS itself, or in memory and wrapped by it; `memory` if not given. */
  keySource?: 'kms' | 'memory';
  /** Days until AWS KMS destroys a discarded key, 7 to 30; 30 if not given. */
  deletionWindowDays?: number;
  /** Tags on every key that is made, beside those of the provider's own. */
  tags?: Readonly<Record<string, string>>;
  /**
   * Whether resident keys are made and imported for the purpose `encryption` too; not if not given. A KMS key has one
   * usage, so such a key signs its request and decrypts nothing that is encrypted to it.
   */
  signOnlyEncryptionKeys?: boolean;
  /** Whether the provider makes its own keys where their aliases are not there. */
  createOwnKeys: boolean;
  /**
   * Whether the provider's own keys are found, or made, before it is given out, so that what is wrong with them is known then; or
   * each when it is first used, which spares what uses few of them the calls. First if not given.
   */
  findOwnKeys?: 'first' | 'when-used';
  /** How long a call may take with all its repetitions, in milliseconds; 30,000 if not given. */
  callMilliseconds?: number;
}

/** The settings as they are worked with: complete and checked. */
export interface KeySettings {
  aliasPrefix: string;
  deletionWindowDays: number;
  tags: Readonly<Record<string, string>>;
  signOnlyEncryptionKeys: boolean;
}

// AWS KMS takes 50 tags a key, and the provider's own are five.
const mostTags = 45;

/** @throws ProviderError `provider-misconfigured` naming the setting at fault */
export function keySettings(settings: KmsProviderSettings): KeySettings {
  const {
    aliasPrefix = 'escrow',
    deletionWindowDays = 30,
    tags = {},
    signOnlyEncryptionKeys = false,
  } = settings;
  // An alias has at most 256 characters, and names of keys have 128 (API reference, CreateAlias).
  check(/^(?!aws)[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/.test(aliasPrefix) && aliasPrefix.length <= 100, {
    field: 'aliasPrefix',
    why: 'must be of letters, digits, hyphens and underscores, in parts divided by a slash, at most 100, and not begin with aws',
  });
  check(Number.isInteger(deletionWindowDays) && deletionWindowDays >= 7 && deletionWindowDays <= 30, {
    field: 'deletionWindowDays',
    why: 'must be 7 to 30 days: AWS KMS keeps no discarded key shorter or longer',
  });
  check(Object.keys(tags).length <= mostTags, { field: 'tags', why: `must be ${mostTags} at most` });
  return { aliasPrefix, deletionWindowDays, tags, signOnlyEncryptionKeys };
}

function check(holds: boolean, issue: { field: string; why: string }): void {
  if (!holds) throw new ProviderError('provider-misconfigured', issue);
}
