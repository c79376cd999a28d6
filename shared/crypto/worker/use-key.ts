import {
  constants,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { ProofError } from '#domain/errors.ts';

export interface UseKeyTask {
  /** PKCS#8 PrivateKeyInfo, DER. */
  privateKey: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array;
}

interface Pair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/**
 * Uses an encryption key for what it is made for: decrypts what its public key encrypted (RSA), or agrees on a secret
 * with an ephemeral key (EC).
 * @returns what was done, for a receipt
 * @throws ProofError `proof-failed`, or an error of OpenSSL's: the caller turns it into its own
 */
export function useKey(task: UseKeyTask): string {
  const pair: Pair = {
    privateKey: createPrivateKey({ key: Buffer.from(task.privateKey.buffer), format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: Buffer.from(task.publicKey.buffer), format: 'der', type: 'spki' }),
  };
  return pair.privateKey.asymmetricKeyType === 'rsa' ? decrypt(pair) : agree(pair);
}

/** RSAES-OAEP with SHA-256 (RFC 8017 section 7.1). */
function decrypt({ privateKey, publicKey }: Pair): string {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const message = randomBytes(32);
  const opened = privateDecrypt(
    { key: privateKey, ...oaep },
    publicEncrypt({ key: publicKey, ...oaep }, message),
  );
  assertSame(message, opened);
  return 'RSA-OAEP decryption';
}

/** ECDH, both sides (SP 800-56A section 5.7.1.2). */
function agree({ privateKey, publicKey }: Pair): string {
  const namedCurve = publicKey.asymmetricKeyDetails?.namedCurve ?? '';
  const ephemeral = generateKeyPairSync('ec', { namedCurve });
  assertSame(
    diffieHellman({ privateKey, publicKey: ephemeral.publicKey }),
    diffieHellman({ privateKey: ephemeral.privateKey, publicKey }),
  );
  return 'ECDH key agreement';
}

function assertSame(one: Uint8Array, other: Uint8Array): void {
  if (one.length !== other.length || !timingSafeEqual(one, other)) {
    throw new ProofError('proof-failed', { why: 'the private key does not undo its public key' });
  }
}
