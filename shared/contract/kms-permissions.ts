import { keySpecNames } from '#domain/key-spec.ts';
import { purposes } from '#domain/purpose.ts';

/** What the keys of tags begin with that the service puts on keys in AWS KMS, before a colon and one of `KmsKeyTag`. */
export const kmsTagKey = 'enrollment-key-escrow';
export type KmsKeyTag = 'prefix' | 'name' | 'organization' | 'enrollment' | 'purpose';

/** What a part of the service does with AWS KMS. Every part also needs `open`. */
export type KmsRole =
  | 'open'
  | 'set-up'
  | 'enroll'
  | 'export'
  | 'receipts'
  | 'mac'
  | 'resident'
  | 'import'
  | 'sweep';

/** The service's own keys, by the last part of their alias. */
export type KmsOwnKey = 'custody' | 'mac' | 'receipts';

/** Operator, then condition key, then values: as in an IAM policy. */
export type KmsConditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** One statement that allows something: in the policy of an own key, or by IAM where the keys are made as they are needed. */
export interface KmsStatement {
  sid: string;
  role: KmsRole;
  /** The own key that it is about, in whose policy it stands; by IAM where the service made that key itself. */
  ownKey?: KmsOwnKey;
  /** Where it is about others: what follows `arn:aws:kms:REGION:ACCOUNT:`, or `*` for what has no resource. */
  resources?: readonly string[];
  actions: readonly string[];
  conditions?: KmsConditions;
}

/**
 * Everything that the service needs of AWS KMS, and nothing else, as statements for key policies and IAM.
 * @param aliasPrefix what the service's aliases begin with, after `alias/`
 */
export function kmsStatements(aliasPrefix: string): readonly KmsStatement[] {
  return [...ownKeyStatements, ...setUpStatements(aliasPrefix), ...residentStatements(aliasPrefix)];
}

/** A ciphertext is made and opened only with the whole context, and with nothing else in it. */
const wholeContext: KmsConditions = {
  StringEquals: { 'kms:EncryptionContext:purpose': purposes },
  Null: {
    'kms:EncryptionContext:organization': ['false'],
    'kms:EncryptionContext:enrollment': ['false'],
  },
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['organization', 'enrollment', 'purpose'] },
};

const ownKeyStatements: readonly KmsStatement[] = [
  { sid: 'OpenCustody', role: 'open', ownKey: 'custody', actions: ['kms:DescribeKey'] },
  { sid: 'OpenMac', role: 'open', ownKey: 'mac', actions: ['kms:DescribeKey'] },
  {
    sid: 'OpenReceipts',
    role: 'open',
    ownKey: 'receipts',
    actions: ['kms:DescribeKey', 'kms:GetPublicKey'],
  },
  {
    sid: 'WrapKeysMadeInMemory',
    role: 'enroll',
    ownKey: 'custody',
    actions: ['kms:Encrypt'],
    conditions: wholeContext,
  },
  {
    sid: 'MakeKeysInKms',
    role: 'enroll',
    ownKey: 'custody',
    actions: ['kms:GenerateDataKeyPair'],
    conditions: {
      ...wholeContext,
      StringEquals: { ...wholeContext['StringEquals'], 'kms:DataKeyPairSpec': keySpecNames },
    },
  },
  {
    sid: 'UnwrapKeys',
    role: 'export',
    ownKey: 'custody',
    actions: ['kms:Decrypt'],
    conditions: wholeContext,
  },
  {
    sid: 'SignReceipts',
    role: 'receipts',
    ownKey: 'receipts',
    actions: ['kms:Sign'],
    conditions: {
      StringEquals: { 'kms:SigningAlgorithm': ['ECDSA_SHA_256'], 'kms:MessageType': ['DIGEST'] },
    },
  },
  {
    sid: 'MacOfPasswords',
    role: 'mac',
    ownKey: 'mac',
    actions: ['kms:GenerateMac'],
    conditions: { StringEquals: { 'kms:MacAlgorithm': ['HMAC_SHA_256'] } },
  },
];

/** What it takes to make the own keys where they are not deployed; for evaluation. */
function setUpStatements(aliasPrefix: string): KmsStatement[] {
  const role = 'set-up';
  return [
    {
      sid: 'MakeOwnKeys',
      role,
      resources: ['*'],
      actions: ['kms:CreateKey'],
      conditions: requestTagged(aliasPrefix, {
        'kms:KeySpec': ['SYMMETRIC_DEFAULT', 'HMAC_256', 'ECC_NIST_P256'],
        'kms:KeyOrigin': ['AWS_KMS'],
      }),
    },
    {
      // Over everything: a name that is free leads to no key that could be named or tagged.
      sid: 'LookForOwnKeys',
      role,
      resources: ['*'],
      actions: ['kms:DescribeKey'],
    },
    {
      // What is tagged as it is made needs it too.
      sid: 'TagOwnKeys',
      role,
      resources: ['*'],
      actions: ['kms:TagResource'],
      conditions: requestTagged(aliasPrefix),
    },
    {
      sid: 'NameOwnKeys',
      role,
      resources: (['custody', 'mac', 'receipts'] as const).map((key) => `alias/${aliasPrefix}/${key}`),
      actions: ['kms:CreateAlias'],
    },
    {
      sid: 'ReachOwnKeys',
      role,
      resources: ['key/*'],
      actions: ['kms:CreateAlias', 'kms:ScheduleKeyDeletion'],
      conditions: tagged(aliasPrefix),
    },
  ];
}

function residentStatements(aliasPrefix: string): KmsStatement[] {
  const aliases = [`alias/${aliasPrefix}/resident/*`];
  const role = 'resident';
  return [
    {
      sid: 'MakeResidentKeys',
      role,
      resources: ['*'],
      actions: ['kms:CreateKey'],
      conditions: requestTagged(aliasPrefix, {
        'kms:KeySpec': keySpecNames,
        'kms:KeyUsage': ['SIGN_VERIFY'],
        'kms:KeyOrigin': ['AWS_KMS', 'EXTERNAL'],
      }),
    },
    {
      // Over everything: a name that is free leads to no key that could be named or tagged.
      sid: 'LookForResidentKeys',
      role,
      resources: ['*'],
      actions: ['kms:DescribeKey'],
    },
    {
      // What is tagged as it is made needs it too.
      sid: 'TagResidentKeys',
      role,
      resources: ['*'],
      actions: ['kms:TagResource'],
      conditions: { ...requestTagged(aliasPrefix), ...namedAsResident(aliasPrefix) },
    },
    { sid: 'NameResidentKeys', role, resources: aliases, actions: ['kms:CreateAlias', 'kms:DeleteAlias'] },
    {
      sid: 'LookAfterResidentKeys',
      role,
      resources: ['key/*'],
      actions: ['kms:CreateAlias', 'kms:DeleteAlias', 'kms:GetPublicKey'],
      conditions: ofResidents(aliasPrefix),
    },
    {
      sid: 'DestroyResidentKeys',
      role,
      resources: ['key/*'],
      actions: ['kms:ScheduleKeyDeletion'],
      conditions: ofResidents(aliasPrefix),
    },
    {
      sid: 'SignWithResidentKeys',
      role,
      resources: ['key/*'],
      actions: ['kms:Sign'],
      conditions: ofResidents(aliasPrefix, { 'kms:MessageType': ['DIGEST'] }),
    },
    {
      sid: 'ImportResidentKeys',
      role: 'import',
      resources: ['key/*'],
      actions: ['kms:GetParametersForImport'],
      conditions: ofResidents(aliasPrefix, {
        'kms:WrappingAlgorithm': ['RSA_AES_KEY_WRAP_SHA_256'],
        'kms:WrappingKeySpec': ['RSA_4096'],
      }),
    },
    {
      sid: 'ImportResidentKeyMaterial',
      role: 'import',
      resources: ['key/*'],
      actions: ['kms:ImportKeyMaterial'],
      conditions: ofResidents(aliasPrefix, {
        'kms:ExpirationModel': ['KEY_MATERIAL_DOES_NOT_EXPIRE'],
      }),
    },
    { sid: 'FindUnnamedKeys', role: 'sweep', resources: ['*'], actions: ['kms:ListAliases', 'kms:ListKeys'] },
    {
      sid: 'KnowUnnamedKeys',
      role: 'sweep',
      resources: ['key/*'],
      actions: ['kms:DescribeKey', 'kms:ListResourceTags'],
    },
    {
      sid: 'DestroyUnnamedKeys',
      role: 'sweep',
      resources: ['key/*'],
      actions: ['kms:ScheduleKeyDeletion'],
      conditions: ofResidents(aliasPrefix),
    },
  ];
}

/** Keys that the service made, and no others of the account. */
function tagged(aliasPrefix: string): KmsConditions {
  return { StringEquals: { [`aws:ResourceTag/${kmsTagKey}:prefix`]: [aliasPrefix] } };
}

/** Resident keys, and none of the account that goes by another name: neither an own key nor one that was tagged as ours. */
function ofResidents(aliasPrefix: string, uses: Readonly<Record<string, readonly string[]>> = {}) {
  return {
    StringEquals: { ...tagged(aliasPrefix)['StringEquals'], ...uses },
    ...namedAsResident(aliasPrefix),
  };
}

/** Keys without an alias too: a new one has none yet. */
function namedAsResident(aliasPrefix: string): KmsConditions {
  return { 'ForAllValues:StringLike': { 'kms:ResourceAliases': [`alias/${aliasPrefix}/resident/*`] } };
}

/** Keys that are marked as the service's from the moment that they are made, and of certain kinds. */
function requestTagged(aliasPrefix: string, kinds: Readonly<Record<string, readonly string[]>> = {}) {
  return { StringEquals: { [`aws:RequestTag/${kmsTagKey}:prefix`]: [aliasPrefix], ...kinds } };
}
