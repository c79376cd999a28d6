import { type KeyObject, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { makeKeyPair, privateKeyObject } from '#crypto/key-pair.ts';
import { ProviderError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';
import { Secret } from '#domain/secret.ts';
import { unwrapPrivateKey, wrapPrivateKey } from './aes-gcm-wrapping.ts';
import { writeOnce } from './write-once.ts';

/** The provider's own keys. A key management service or a token keeps its like inside. */
export interface ProviderKeys {
  /** AES-256, wraps private keys. */
  wrappingKey: Secret;
  /** HMAC-SHA256, 256 bits. */
  macKey: Secret;
  /** P-256, signs receipts. */
  receiptKey: KeyObject;
}

const fileName = 'provider-keys.json';
const receiptKeyLabel = Buffer.from('escrow software receipt key');
const base64Bytes = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => Buffer.from(text, 'base64')),
);
const key256 = v.pipe(
  base64Bytes,
  v.check((bytes) => bytes.length === 32),
);
const fileSchema = v.strictObject({
  version: v.literal(1),
  wrappingKey: key256,
  macKey: key256,
  wrappedReceiptKey: base64Bytes,
});

/**
 * The provider's own keys from their one file in the folder, made at the first start. Of two that start at the same
 * moment one makes them and both read the same; a crash leaves the whole file or none.
 * @throws ProviderError `provider-misconfigured` if the file is damaged or open to other users
 */
export async function openProviderKeys(folder: string): Promise<ProviderKeys> {
  const path = join(folder, fileName);
  const content = (await readIfThere(path)) ?? (await createKeys(path));
  await checkOwnerOnly(path);
  const keys = parseKeys(content);
  content.fill(0);
  return keys;
}

async function createKeys(path: string): Promise<Buffer> {
  const wrappingKey = new Secret(randomBytes(32));
  const { privateKey } = await makeKeyPair('ECC_NIST_P256');
  const content = Buffer.from(
    JSON.stringify({
      version: 1,
      wrappingKey: Buffer.from(wrappingKey.bytes()).toString('base64'),
      macKey: randomBytes(32).toString('base64'),
      wrappedReceiptKey: Buffer.from(wrapPrivateKey(wrappingKey, privateKey, receiptKeyLabel)).toString(
        'base64',
      ),
    }),
  );
  privateKey.erase();
  wrappingKey.erase();
  await writeOnce(path, `${path}.${randomBytes(8).toString('hex')}.tmp`, content);
  content.fill(0);
  // What stands there now is ours, or that of whoever was first.
  return readFile(path);
}

function parseKeys(content: Buffer): ProviderKeys {
  try {
    const keys = v.parse(fileSchema, JSON.parse(content.toString('utf8')));
    const wrappingKey = new Secret(keys.wrappingKey);
    const receipt = unwrapPrivateKey(wrappingKey, keys.wrappedReceiptKey, receiptKeyLabel);
    const receiptKey = privateKeyObject(receipt);
    receipt.erase();
    return { wrappingKey, macKey: new Secret(keys.macKey), receiptKey };
  } catch {
    // No cause: a parser's message may quote what it read, and this file holds keys.
    throw new ProviderError('provider-misconfigured', {
      field: fileName,
      why: 'is damaged, so nothing that was wrapped under its keys can be opened',
      next: 'Restore the data folder from a copy, or start with an empty one.',
    });
  }
}

async function checkOwnerOnly(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new ProviderError('provider-misconfigured', {
    field: fileName,
    why: 'can be read by other users of this machine',
    next: `Run chmod 600 on ${fileName} in the folder of the software provider.`,
  });
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return undefined;
    throw error;
  }
}
