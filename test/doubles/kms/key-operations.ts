import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { AwsError } from '../aws-json/aws-error.ts';
import type { Input } from '../aws-json/input.ts';
import type { Account } from './account.ts';
import { signingAlgorithmsOf, usagesOfSpec } from './key-kinds.ts';
import type { KmsKey } from './key-record.ts';
import { refuseStates, usableMaterial } from './key-state.ts';
import type { Note, Operations } from './operations.ts';
import { pageOf } from './page.ts';

const day = 86_400_000;

/** Making keys, looking at them, and ending them. */
export const keyOperations: Operations = {
  CreateKey: async (account, input, note) => {
    const kind = kindOf(input);
    const tags = tagsOf(input, note);
    Object.assign(note.conditions, {
      'kms:KeySpec': kind.spec,
      'kms:KeyUsage': kind.usage,
      'kms:KeyOrigin': kind.origin,
    });
    const description = input.textOr('Description', '');
    const material = kind.origin === 'EXTERNAL' ? undefined : await newMaterial(kind.spec);
    const key = account.add({ ...kind, description, tags }, material);
    note.resources.push(key.arn);
    return { KeyMetadata: metadata(account, key) };
  },

  DescribeKey: (account, input, note) => ({ KeyMetadata: metadata(account, found(account, input, note)) }),

  GetPublicKey: (account, input, note) => {
    const key = found(account, input, note);
    if (!(keySpecNames as readonly string[]).includes(key.spec)) {
      throw new AwsError('UnsupportedOperationException', `${key.arn} is symmetric`);
    }
    const material = usableMaterial(key);
    const spki = createPublicKey(createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }));
    return {
      KeyId: key.arn,
      KeySpec: key.spec,
      KeyUsage: key.usage,
      PublicKey: spki.export({ format: 'der', type: 'spki' }).toString('base64'),
    };
  },

  EnableKey: (account, input, note) => {
    const key = found(account, input, note, { aliases: false });
    refuseStates(key, 'PendingDeletion', 'PendingImport');
    key.state = 'Enabled';
    account.save(key);
    return {};
  },

  DisableKey: (account, input, note) => {
    const key = found(account, input, note, { aliases: false });
    refuseStates(key, 'PendingDeletion', 'PendingImport');
    key.state = 'Disabled';
    account.save(key);
    return {};
  },

  ScheduleKeyDeletion: (account, input, note) => {
    const key = found(account, input, note, { aliases: false });
    const days = input.number('PendingWindowInDays', 30, { min: 7, max: 30 });
    refuseStates(key, 'PendingDeletion');
    key.state = 'PendingDeletion';
    key.deletion = account.now() + days * day;
    account.save(key);
    return { KeyId: key.arn, KeyState: key.state, DeletionDate: key.deletion / 1_000 };
  },

  CancelKeyDeletion: (account, input, note) => {
    const key = found(account, input, note, { aliases: false });
    refuseStates(key, 'Enabled', 'Disabled', 'PendingImport');
    key.state = key.material === undefined ? 'PendingImport' : 'Disabled';
    delete key.deletion;
    account.save(key);
    return { KeyId: key.arn };
  },

  ListKeys: (account, input) => {
    const { of, ...page } = pageOf(account.keys(), input, { limit: 100, most: 1_000 });
    return { Keys: of.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...page };
  },
};

/** The key that a request names, noted with what policies see of it. */
export function found(
  account: Account,
  input: Input,
  note: Note,
  options: { aliases?: boolean; field?: string } = {},
): KmsKey {
  const key = account.find(input.text(options.field ?? 'KeyId'), options);
  noteKey(account, key, note);
  return key;
}

/** Notes what policies see of a key. */
export function noteKey(account: Account, key: KmsKey, note: Note): void {
  note.resources.push(key.arn);
  for (const [name, value] of Object.entries(key.tags)) note.conditions[`aws:ResourceTag/${name}`] = value;
  const aliases = account.aliases().filter(([, keyId]) => keyId === key.id);
  note.conditions['kms:ResourceAliases'] = aliases.map(([alias]) => alias);
}

export function tagsOf(input: Input, note: Note): Record<string, string> {
  const tags = Object.fromEntries(
    input.list('Tags').map((tag) => [tag.text('TagKey', { max: 128 }), tag.textOr('TagValue', '')]),
  );
  for (const [name, value] of Object.entries(tags)) {
    if (name.startsWith('aws:') || !/^[\p{L}\p{N}\p{Z}_.:/=+\-@]{0,256}$/u.test(value)) {
      throw new AwsError('TagException', 'a tag is not as it must be');
    }
    note.conditions[`aws:RequestTag/${name}`] = value;
  }
  return tags;
}

function kindOf(input: Input): Pick<KmsKey, 'spec' | 'usage' | 'origin'> {
  const spec = input.textOr('KeySpec', 'SYMMETRIC_DEFAULT');
  const usage = input.textOr('KeyUsage', 'ENCRYPT_DECRYPT');
  const origin = input.textOr('Origin', 'AWS_KMS');
  const known = Object.hasOwn(usagesOfSpec, spec) && usagesOfSpec[spec]?.includes(usage);
  if (!known || (origin !== 'AWS_KMS' && origin !== 'EXTERNAL')) {
    throw new AwsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  }
  return { spec, usage, origin };
}

async function newMaterial(spec: string): Promise<Buffer> {
  const asymmetric = keySpecNames.find((name) => name === spec);
  if (asymmetric === undefined) return randomBytes(32);
  return Buffer.from((await makeKeyPair(asymmetric)).privateKey.bytes());
}

function metadata(account: Account, key: KmsKey) {
  return {
    AWSAccountId: account.number,
    Arn: key.arn,
    KeyId: key.id,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    KeyState: key.state,
    KeyManager: 'CUSTOMER',
    Origin: key.origin,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    CreationDate: key.created / 1_000,
    SigningAlgorithms: key.usage === 'SIGN_VERIFY' ? Object.keys(signingAlgorithmsOf(key.spec)) : undefined,
    DeletionDate: key.deletion === undefined ? undefined : key.deletion / 1_000,
  };
}
