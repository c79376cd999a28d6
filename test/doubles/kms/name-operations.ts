import { AwsError } from '../aws-json/aws-error.ts';
import { found, noteKey, tagsOf } from './key-operations.ts';
import { refuseStates } from './key-state.ts';
import type { Operations } from './operations.ts';
import { pageOf } from './page.ts';

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
    noteKey(account, account.find(alias), note);
    account.removeAlias(alias);
    return {};
  },

  ListAliases: (account, input) => {
    const { of, ...page } = pageOf(account.aliases(), input, { limit: 50, most: 100 });
    const Aliases = of.map(([alias, keyId]) => ({
      AliasName: alias,
      AliasArn: `${account.arnPrefix}${alias}`,
      TargetKeyId: keyId,
    }));
    return { Aliases, ...page };
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
