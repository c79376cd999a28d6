import {
  constants,
  createDecipheriv,
  createHash,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { privateKeyObject } from '#crypto/key-pair.ts';
import { keySpecOfObject } from '#crypto/public-key.ts';
import { Secret } from '#domain/secret.ts';
import { AwsError } from '../aws-json/aws-error.ts';
import type { Account } from './account.ts';
import { found } from './key-operations.ts';
import type { KmsKey } from './key-record.ts';
import { refuseStates } from './key-state.ts';
import type { Operation, Operations } from './operations.ts';

const generate = promisify(generateKeyPair);
const tokenLife = 24 * 3_600_000;

interface Token {
  keyId: string;
  wrappingKey: KeyObject;
  expires: number;
}

/** Bringing key material in, by RSA_AES_KEY_WRAP_SHA_256 alone. */
export function importOperations(): Operations {
  const tokens = new Map<string, Token>();

  const getParameters: Operation = async (account, input, note) => {
    const key = external(found(account, input, note, { aliases: false }));
    const algorithm = input.text('WrappingAlgorithm');
    const spec = input.text('WrappingKeySpec');
    note.conditions['kms:WrappingAlgorithm'] = algorithm;
    note.conditions['kms:WrappingKeySpec'] = spec;
    if (algorithm !== 'RSA_AES_KEY_WRAP_SHA_256' || !/^RSA_(2048|3072|4096)$/.test(spec)) {
      throw new AwsError('ValidationException', 'the double knows RSA_AES_KEY_WRAP_SHA_256 alone');
    }
    refuseStates(key, 'PendingDeletion');
    const { publicKey, privateKey } = await wrappingPair(Number(spec.slice(4)));
    const token = randomBytes(64).toString('base64');
    const expires = account.now() + tokenLife;
    tokens.set(token, { keyId: key.id, wrappingKey: privateKey, expires });
    return {
      KeyId: key.arn,
      ImportToken: token,
      PublicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      ParametersValidTo: expires / 1_000,
    };
  };

  return {
    GetParametersForImport: getParameters,

    ImportKeyMaterial: (account, input, note) => {
      const key = external(found(account, input, note, { aliases: false }));
      const model = input.textOr('ExpirationModel', 'KEY_MATERIAL_EXPIRES');
      note.conditions['kms:ExpirationModel'] = model;
      if (model !== 'KEY_MATERIAL_DOES_NOT_EXPIRE') throw new AwsError('ValidationException', 'ValidTo');
      refuseStates(key, 'PendingDeletion');
      const token = tokens.get(input.bytes('ImportToken', { max: 6_144 }).toString('base64'));
      if (token === undefined || token.keyId !== key.id) throw new AwsError('InvalidImportTokenException');
      if (token.expires < account.now()) throw new AwsError('ExpiredImportTokenException');
      const material = unwrapped(token.wrappingKey, input.bytes('EncryptedKeyMaterial', { max: 6_144 }));
      place(account, key, material);
      return { KeyId: key.arn };
    },

    DeleteImportedKeyMaterial: (account, input, note) => {
      const key = external(found(account, input, note, { aliases: false }));
      refuseStates(key, 'PendingDeletion');
      delete key.material;
      key.state = 'PendingImport';
      account.save(key);
      return { KeyId: key.arn };
    },
  };
}

const pairs = new Map<number, ReturnType<typeof makeWrappingPair>>();

/** AWS KMS has one pair for an account; here it is one for the process, since a large one takes seconds to make. */
function wrappingPair(modulusLength: number) {
  const pair = pairs.get(modulusLength) ?? makeWrappingPair(modulusLength);
  pairs.set(modulusLength, pair);
  return pair;
}

async function makeWrappingPair(modulusLength: number) {
  return await generate('rsa', { modulusLength });
}

function external(key: KmsKey): KmsKey {
  if (key.origin === 'EXTERNAL') return key;
  throw new AwsError('UnsupportedOperationException', `${key.arn} origin is ${key.origin}`);
}

function unwrapped(wrappingKey: KeyObject, blob: Buffer): Buffer {
  const { modulusLength = 0 } = wrappingKey.asymmetricKeyDetails ?? {};
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const split = modulusLength / 8;
  try {
    const options = { key: wrappingKey, padding, oaepHash: 'sha256' };
    const aesKey = privateDecrypt(options, blob.subarray(0, split));
    const decipher = createDecipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('a65959a6', 'hex'));
    return Buffer.concat([decipher.update(blob.subarray(split)), decipher.final()]);
  } catch {
    throw new AwsError('InvalidCiphertextException');
  }
}

function place(account: Account, key: KmsKey, material: Buffer): void {
  const hash = createHash('sha256').update(material).digest('hex');
  if (specOf(material) !== key.spec || (key.importedOnce ?? hash) !== hash) {
    throw new AwsError('IncorrectKeyMaterialException');
  }
  key.material = material.toString('base64');
  key.importedOnce = hash;
  key.state = 'Enabled';
  account.save(key);
}

function specOf(material: Buffer): string | undefined {
  try {
    return keySpecOfObject(privateKeyObject(new Secret(material)));
  } catch {
    return undefined;
  }
}
