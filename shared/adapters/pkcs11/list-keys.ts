import { spkiSha256 } from '#crypto/public-key.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import { attributes, keyTypes, objectClasses } from './constants.ts';
import type { Handle } from './cryptoki.ts';
import { returnValueOf } from './errors.ts';
import { findObjects, readAttribute, type TokenSession } from './operations.ts';
import { readKeySpec, readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import { template } from './templates.ts';

/** What a key may be used for, by its attributes in the token. */
const useAttributes = [
  ['sign', attributes.CKA_SIGN],
  ['decrypt', attributes.CKA_DECRYPT],
  ['derive', attributes.CKA_DERIVE],
  ['wrap', attributes.CKA_WRAP],
  ['unwrap', attributes.CKA_UNWRAP],
] as const;
export type KeyUse = (typeof useAttributes)[number][0];

/** A private or secret key that stands in the token. Of the yes-or-no facts, those that the token does not tell are absent. */
export interface KeyFacts {
  /** CKA_ID, in hexadecimal digits; empty if it has none. */
  id: string;
  label: string;
  kind: 'private' | 'secret';
  /** `RSA`, `EC`, `AES`, `generic secret`, `HMAC-SHA256`, or the number of CKA_KEY_TYPE in hexadecimal digits. */
  type: string;
  /** Absent for what is no key pair of ours. */
  spec?: KeySpec;
  /** Of the public half's SubjectPublicKeyInfo, in hexadecimal digits; absent if it is not in the token. */
  publicKeySha256?: string;
  sensitive?: boolean;
  extractable?: boolean;
  /** It was sensitive, and not extractable, from its making on; false for a key that was brought in. */
  alwaysSensitive?: boolean;
  neverExtractable?: boolean;
  /** It was made in the token, and not brought in. */
  madeInToken?: boolean;
  uses: KeyUse[];
}

/** The private and secret keys that stand in a token, those of others too. Session objects are left out. */
export function listKeys(token: TokenSession): KeyFacts[] {
  const kinds = [
    ['private', objectClasses.CKO_PRIVATE_KEY],
    ['secret', objectClasses.CKO_SECRET_KEY],
  ] as const;
  return kinds.flatMap(([kind, objectClass]) =>
    findObjects(token, template({ CKA_CLASS: objectClass, CKA_TOKEN: true })).map((key) =>
      keyFacts(token, key, kind),
    ),
  );
}

function keyFacts(token: TokenSession, key: Handle, kind: KeyFacts['kind']): KeyFacts {
  return {
    id: read(token, key, attributes.CKA_ID).toString('hex'),
    label: read(token, key, attributes.CKA_LABEL).toString('utf8'),
    kind,
    type: typeName(read(token, key, attributes.CKA_KEY_TYPE)),
    ...(kind === 'private' && pairFacts(token, key)),
    ...told('sensitive', flag(token, key, attributes.CKA_SENSITIVE)),
    ...told('extractable', flag(token, key, attributes.CKA_EXTRACTABLE)),
    ...told('alwaysSensitive', flag(token, key, attributes.CKA_ALWAYS_SENSITIVE)),
    ...told('neverExtractable', flag(token, key, attributes.CKA_NEVER_EXTRACTABLE)),
    ...told('madeInToken', flag(token, key, attributes.CKA_LOCAL)),
    uses: useAttributes.flatMap(([use, type]) => (flag(token, key, type) === true ? [use] : [])),
  };
}

function pairFacts(token: TokenSession, key: Handle): Pick<KeyFacts, 'spec' | 'publicKeySha256'> {
  const spec = readKeySpec(token, key);
  if (spec === undefined) return {};
  const id = read(token, key, attributes.CKA_ID);
  const halves = findObjects(token, template({ CKA_CLASS: objectClasses.CKO_PUBLIC_KEY, CKA_ID: id }));
  const [publicKey, another] = id.length === 0 ? [] : halves;
  if (publicKey === undefined || another !== undefined) return { spec };
  return { spec, publicKeySha256: spkiSha256(subjectPublicKeyInfo(readPublicKey(token, publicKey, spec))) };
}

const typeNames = new Map<number, string>([
  [keyTypes.CKK_RSA, 'RSA'],
  [keyTypes.CKK_EC, 'EC'],
  [keyTypes.CKK_AES, 'AES'],
  [keyTypes.CKK_GENERIC_SECRET, 'generic secret'],
  [keyTypes.CKK_SHA256_HMAC, 'HMAC-SHA256'],
]);

/** The name of a key type from CKA_KEY_TYPE: a number of the machine's own size and byte order. */
function typeName(value: Buffer): string {
  const number = value.length < 4 ? 0 : value.readUInt32LE();
  return typeNames.get(number) ?? `0x${number.toString(16)}`;
}

function told<K extends keyof KeyFacts>(name: K, value: boolean | undefined): Partial<Record<K, boolean>> {
  const fact: Partial<Record<K, boolean>> = {};
  if (value !== undefined) fact[name] = value;
  return fact;
}

/** An attribute; empty if this kind of key has none. */
function read(token: TokenSession, key: Handle, type: number): Buffer {
  try {
    return readAttribute(token, key, type);
  } catch (error) {
    if (returnValueOf(error) === 'CKR_ATTRIBUTE_TYPE_INVALID') return Buffer.alloc(0);
    throw error;
  }
}

/** A yes-or-no attribute; undefined if this kind of key has none. */
function flag(token: TokenSession, key: Handle, type: number): boolean | undefined {
  const value = read(token, key, type);
  return value.length === 0 ? undefined : value.some((byte) => byte !== 0);
}
