import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { generatePassphrase, generatePassword } from '#crypto/passwords.ts';
import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import { privateKeySigner } from '#crypto/signer.ts';
import { type Purpose, purposeNames } from '#domain/purpose.ts';
import { Secret } from '#domain/secret.ts';

/** What every side calls the key. */
export const friendlyName = 'bench';

/** What a backup is made of; both sides of a comparison get the same. */
export interface Subject {
  purpose: Purpose;
  /** PKCS#8, DER */
  privateKey: Secret;
  /** SubjectPublicKeyInfo, DER */
  publicKey: Uint8Array;
  /** The placeholder certificate, DER */
  certificate: Uint8Array;
  password: Secret;
}

/** A fresh RSA-2048 key pair with its placeholder certificate, and a password of the kind that goes with the copy. */
export async function makeSubject(purpose: Purpose, password: 'random' | 'human'): Promise<Subject> {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'der', type: 'spki' },
  });
  const privateKey = new Secret(pair.privateKey);
  const certificate = await makePlaceholderCertificate({
    subject: { commonName: 'Bench Mark' },
    label: purposeNames[purpose].label,
    purpose,
    publicKey: pair.publicKey,
    signer: privateKeySigner(privateKey, 'RSA_2048'),
    now: new Date(),
  });
  return {
    purpose,
    privateKey,
    publicKey: pair.publicKey,
    certificate,
    password: password === 'random' ? generatePassphrase() : generatePassword(),
  };
}
