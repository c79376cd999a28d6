import { AwsError } from '../aws-json/aws-error.ts';
import { found, tagsOf } from './key-operations.ts';
import { refuseStates } from './key-state.ts';
import type { Operations } from './operations.ts';

/** Aliases and tags. */
export const nameOperations: Operations = {
  CreateAlias: (account, input, note) => {
    const alias = input.text('AliasName', { max: 256 });
    note.resources.push(`${account.arnPrefix}${alias}`);
    if (!/^alias\/[A-Za-z0-9/_-]+$/.test(alias) || alias.startsWith('alias/aws/')) {
      throw new AwsError('InvalidAliasNameException');
    }
    const key = found(account, input, note, { aliases: false, field: 'TargetKeyId' });
    refuseStates(key, 'PendingDeletion');
    account.nameKey(alias, key);
    return {};
  },

  DeleteAlias: (account, input, note) => {
    const alias = input.text('AliasName', { max: 256 });
    note.resources.push(`${account.arnPrefix}${alias}`);
    const key = account.find(alias);
    note.resources.push(key.arn);
    for (const [name, value] of Object.entries(key.tags)) note.conditions[`aws:ResourceTag/${name}`] = value;
    account.removeAlias(alias);
    return {};
  },

  ListAliases: (account, input) => {
    const limit = input.number('Limit', 50, { min: 1, max: 100 });
    const from = Number(input.textOr('Marker', '0'));
    const all = account.aliases();
    const Aliases = all.slice(from, from + limit).map(([alias, keyId]) => ({
      AliasName: alias,
      AliasArn: `${account.arnPrefix}${alias}`,
      TargetKeyId: keyId,
    }));
    const more = from + limit < all.length;
    return { Aliases, Truncated: more, ...(more ? { NextMarker: String(from + limit) } : {}) };
  },

  TagResource: (account, input, note) => {
    const key = found(account, input, note, { aliases: false });
    refuseStates(key, 'PendingDeletion');
    Object.assign(key.tags, tagsOf(input, note));
    account.save(key);
    return {};
  },

  ListResourceTags: (account, input, note) => {
    const key = found(account, input, note, { aliases: false });
    const Tags = Object.entries(key.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    return { Tags, Truncated: false };
  },
};
