import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose';
import * as v from 'valibot';
import { ProofError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import { Secret } from '#domain/secret.ts';
import { ecKeys, parseEncryptionKey, thumbprint } from './encryption-jwk.ts';

const algorithm = 'ECDH-ES+A256KW';
const encryption = 'A256GCM';
/** Tells a sealed passphrase from anything else that is sealed to the same key (RFC 7516 section 4.1.11). */
const type = 'escrow-sealed-passphrase';

/** The one backup that a passphrase is of. */
export interface BackupReference {
  organization: string;
  enrollmentId: string;
  backupId: string;
  /** SHA-256 of the PFX that the passphrase opens, hex. */
  pfxSha256: string;
}

const plaintextSchema = v.strictObject({
  passphrase: v.string(),
  organization: v.string(),
  enrollmentId: v.string(),
  backupId: v.string(),
  pfxSha256: v.string(),
});

/**
 * Makes an organization's recovery key pair, P-256. Made offline; the private half never enters the service.
 * @returns both halves as JWK, with the RFC 7638 thumbprint as `kid`
 */
export async function makeRecoveryKey(): Promise<{
  publicKey: PublicJwk & { kid: string };
  privateKey: JWK;
}> {
  const pair = await generateKeyPair(algorithm, { crv: 'P-256', extractable: true });
  const publicKey = parseRecoveryKey(await exportJWK(pair.publicKey));
  const kid = await recoveryKeyThumbprint(publicKey);
  const facts = { kid, use: 'enc', alg: algorithm };
  return {
    publicKey: { ...publicKey, ...facts },
    privateKey: { ...(await exportJWK(pair.privateKey)), ...facts },
  };
}

/** The RFC 7638 thumbprint of a recovery key, SHA-256, base64url: its `kid`, and what receipts call it. */
export function recoveryKeyThumbprint(publicKey: PublicJwk): Promise<string> {
  return thumbprint(publicKey);
}

/**
 * Reads the public half of a recovery key: EC on P-256, P-384 or P-521. Unknown members, `kid` included, are dropped.
 * @param value a JWK, not yet trusted
 * @throws InputError `recipient-key-invalid` naming the field `recoveryKey`
 */
export function parseRecoveryKey(value: unknown): PublicJwk {
  return parseEncryptionKey('recoveryKey', ecKeys, value);
}

/**
 * Seals the passphrase of an escrowed backup to the organization's recovery key, bound to the backup.
 * @returns compact JWE (RFC 7516), `ECDH-ES+A256KW` and `A256GCM`; `kid` is the thumbprint. Any JOSE library opens it.
 * @throws InputError `recipient-key-invalid` if the recovery key is none
 */
export async function sealPassphrase(
  seal: BackupReference & { recoveryKey: PublicJwk; passphrase: Secret },
): Promise<string> {
  const key = parseRecoveryKey(seal.recoveryKey);
  const { organization, enrollmentId, backupId, pfxSha256 } = seal;
  const passphrase = seal.passphrase.text();
  const content = { passphrase, organization, enrollmentId, backupId, pfxSha256 };
  const plaintext = new TextEncoder().encode(JSON.stringify(content));
  try {
    return await new CompactEncrypt(plaintext)
      .setProtectedHeader({ alg: algorithm, enc: encryption, typ: type, kid: await thumbprint(key) })
      .encrypt({ ...key });
  } finally {
    plaintext.fill(0);
  }
}

/**
 * Opens a sealed passphrase. For the recovery agents: the service itself cannot.
 * @param expected the backup that it stands beside
 * @throws ProofError `sealed-passphrase-invalid` if it does not open, or belongs to another backup
 */
export async function openSealedPassphrase(
  jwe: string,
  privateKey: JWK,
  expected: BackupReference,
): Promise<Secret> {
  const plaintext = await openSeal(jwe, privateKey);
  const content = parseContent(plaintext);
  plaintext.fill(0);
  const { organization, enrollmentId, backupId, pfxSha256 } = expected;
  const bound = { organization, enrollmentId, backupId, pfxSha256 };
  const names = ['organization', 'enrollmentId', 'backupId', 'pfxSha256'] as const;
  if (names.some((name) => content[name] !== bound[name])) {
    throw new ProofError('sealed-passphrase-invalid', { why: 'the sealed passphrase is of another backup' });
  }
  return Secret.fromText(content.passphrase);
}

async function openSeal(jwe: string, privateKey: JWK): Promise<Uint8Array> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey, {
      keyManagementAlgorithms: [algorithm],
      contentEncryptionAlgorithms: [encryption],
    });
    if (protectedHeader.typ === type) return plaintext;
  } catch (cause) {
    throw new ProofError('sealed-passphrase-invalid', { cause });
  }
  throw new ProofError('sealed-passphrase-invalid', { why: 'this is not a sealed passphrase' });
}

function parseContent(plaintext: Uint8Array): v.InferOutput<typeof plaintextSchema> {
  try {
    return v.parse(plaintextSchema, JSON.parse(new TextDecoder().decode(plaintext)));
  } catch {
    // Without the cause: a parser's message quotes what it read, and that may be the passphrase.
    throw new ProofError('sealed-passphrase-invalid', {
      why: 'its content is not that of a sealed passphrase',
    });
  }
}
