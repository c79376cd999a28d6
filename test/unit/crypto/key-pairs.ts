import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { privateKeySigner, type Signer } from '#crypto/signer.ts';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';

export interface TestKeyPair {
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
  /** PKCS#8, DER */
  privateKey: Secret;
  signer: Signer;
}

const made = new Map<KeySpec, TestKeyPair>();

/** A key pair of a spec, made once in each test file, since RSA takes its time. */
export function keyPair(spec: KeySpec): TestKeyPair {
  const pair = made.get(spec) ?? anotherKeyPair(spec);
  made.set(spec, pair);
  return pair;
}

/** A new key pair of a spec. */
export function anotherKeyPair(spec: KeySpec): TestKeyPair {
  const facts = keySpecs[spec];
  const pair =
    facts.kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: facts.modulusBits })
      : generateKeyPairSync('ec', { namedCurve: facts.curve });
  const privateKey = new Secret(new Uint8Array(pair.privateKey.export({ type: 'pkcs8', format: 'der' })));
  return { publicKey: spkiOf(pair.publicKey), privateKey, signer: privateKeySigner(privateKey, spec) };
}

/** DER SubjectPublicKeyInfo */
export function spkiOf(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}

/** A copy with one byte changed. */
export function withByteChanged(bytes: Uint8Array, index: number, change = 1): Uint8Array {
  return bytes.map((byte, at) => (at === index ? byte ^ change : byte));
}
