import { createHash, createHmac, createPrivateKey } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { oids } from '#crypto/oids.ts';
import { keySpecNames, keySpecs } from '#domain/key-spec.ts';
import { AwsError } from '../aws-json/aws-error.ts';
import type { Input } from '../aws-json/input.ts';
import { decryptUnder, encryptUnder, keyIdOf } from './ciphertext.ts';
import { signDigestByEcdsa } from './ecdsa.ts';
import { digestLength, type SigningAlgorithm, signingAlgorithmsOf } from './key-kinds.ts';
import { found } from './key-operations.ts';
import type { KmsKey } from './key-record.ts';
import { requireUsage, usableMaterial } from './key-state.ts';
import type { Note, Operations } from './operations.ts';
import { signDigestByRsa } from './rsa.ts';

/** What keys are used for. */
export const cryptographicOperations: Operations = {
  Encrypt: (account, input, note) => {
    const key = symmetric(found(account, input, note), 'Encrypt');
    const plaintext = input.bytes('Plaintext', { max: 4_096 });
    const blob = encryptUnder(usableMaterial(key), key.id, plaintext, contextOf(input, note));
    plaintext.fill(0);
    return { KeyId: key.arn, CiphertextBlob: blob.toString('base64') };
  },

  Decrypt: (account, input, note) => {
    const blob = input.bytes('CiphertextBlob', { max: 6_144 });
    const context = contextOf(input, note);
    const named = input.has('KeyId') ? symmetric(found(account, input, note), 'Decrypt') : undefined;
    const id = keyIdOf(blob);
    const key = account.keys().find((each) => each.id === id);
    if (key === undefined) throw new AwsError('InvalidCiphertextException');
    if (named !== undefined && named.id !== id) {
      throw new AwsError(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
    const plaintext = decryptUnder(usableMaterial(key), blob, context);
    return { KeyId: key.arn, Plaintext: plaintext.toString('base64') };
  },

  GenerateDataKeyPair: async (account, input, note) => {
    const key = symmetric(found(account, input, note), 'GenerateDataKeyPair');
    const spec = keySpecNames.find((name) => name === input.text('KeyPairSpec'));
    if (spec === undefined) throw new AwsError('ValidationException', 'KeyPairSpec');
    note.conditions['kms:DataKeyPairSpec'] = spec;
    const context = contextOf(input, note);
    const material = usableMaterial(key);
    const { publicKey, privateKey } = await makeKeyPair(spec);
    const pkcs8 = barePrivateKey(Buffer.from(privateKey.bytes()));
    return {
      KeyId: key.arn,
      KeyPairSpec: spec,
      PublicKey: Buffer.from(publicKey).toString('base64'),
      PrivateKeyPlaintext: pkcs8.toString('base64'),
      PrivateKeyCiphertextBlob: encryptUnder(material, key.id, pkcs8, context).toString('base64'),
    };
  },

  Sign: (account, input, note) => {
    const key = found(account, input, note);
    requireUsage(key, 'SIGN_VERIFY', 'Sign');
    const name = input.text('SigningAlgorithm');
    const type = input.textOr('MessageType', 'RAW');
    Object.assign(note.conditions, { 'kms:SigningAlgorithm': name, 'kms:MessageType': type });
    const algorithms = signingAlgorithmsOf(key.spec);
    const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
    if (algorithm === undefined) {
      throw new AwsError(
        'InvalidKeyUsageException',
        `Algorithm ${name} is incompatible with key spec ${key.spec}.`,
      );
    }
    const digest = digestToSign(input.bytes('Message'), type, name, algorithm);
    const material = usableMaterial(key);
    const signature = key.spec.startsWith('RSA')
      ? signDigestByRsa(material, digest, algorithm)
      : signDigestByEcdsa(material, digest);
    return {
      KeyId: key.arn,
      Signature: Buffer.from(signature).toString('base64'),
      SigningAlgorithm: name,
    };
  },

  GenerateMac: (account, input, note) => {
    const key = found(account, input, note);
    requireUsage(key, 'GENERATE_VERIFY_MAC', 'GenerateMac');
    const name = input.text('MacAlgorithm');
    note.conditions['kms:MacAlgorithm'] = name;
    if (name !== 'HMAC_SHA_256') throw new AwsError('InvalidKeyUsageException', name);
    const mac = createHmac('sha256', usableMaterial(key)).update(input.bytes('Message')).digest();
    return { KeyId: key.arn, MacAlgorithm: name, Mac: mac.toString('base64') };
  },
};

/** A digest is signed as it is; a raw message is hashed here, once. */
function digestToSign(message: Buffer, type: string, name: string, { hash }: SigningAlgorithm): Buffer {
  if (type === 'RAW') return createHash(hash).update(message).digest();
  if (type !== 'DIGEST') throw new AwsError('ValidationException', 'MessageType');
  if (message.length === digestLength(hash)) return message;
  throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${name}.`);
}

function symmetric(key: KmsKey, operation: string): KmsKey {
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  if (key.spec === 'SYMMETRIC_DEFAULT') return key;
  throw new AwsError('InvalidKeyUsageException', `${key.arn} is no symmetric key`);
}

function contextOf(input: Input, note: Note): Record<string, string> {
  const context = input.map('EncryptionContext');
  for (const [name, value] of Object.entries(context)) {
    note.conditions[`kms:EncryptionContext:${name}`] = value;
  }
  note.conditions['kms:EncryptionContextKeys'] = Object.keys(context);
  return context;
}

/** An EC key without its public point: RFC 5915 lets it out, so whoever reads such a key must do without. */
function barePrivateKey(pkcs8: Buffer): Buffer {
  const { kty, crv, d } = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({
    format: 'jwk',
  });
  const facts = Object.values(keySpecs).find((each) => each.kind === 'ec' && each.curve === crv);
  if (kty !== 'EC' || facts?.kind !== 'ec') return pkcs8;
  const scalar = der.octetString(Buffer.from(d ?? '', 'base64url'));
  const algorithm = der.sequence(der.oid(oids.ecPublicKey), der.oid(facts.curveOid));
  const inner = encodeDer(der.sequence(der.integer(1), scalar));
  return Buffer.from(encodeDer(der.sequence(der.integer(0), algorithm, der.octetString(inner))));
}
