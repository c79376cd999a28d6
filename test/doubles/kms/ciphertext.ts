import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError } from '../aws-json/aws-error.ts';

const version = 1;
const idLength = 36;
const headLength = 1 + idLength;

/** The encryption context as it is authenticated: in the order of its names, each part with its length before it. */
function contextBytes(context: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(context).sort();
  const parts = names.flatMap((name) => [name, context[name] ?? '']).map((text) => Buffer.from(text, 'utf8'));
  const bytes = Buffer.concat(parts.flatMap((part) => [lengthOf(part), part]));
  if (bytes.length > 8_192) throw new AwsError('ValidationException', 'the encryption context is too large');
  return bytes;
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  return length;
}

/** A ciphertext that says under which key it is: version, key id, nonce, AES-256-GCM ciphertext, tag. */
export function encryptUnder(
  material: Buffer,
  keyId: string,
  plaintext: Uint8Array,
  context: Readonly<Record<string, string>>,
): Buffer {
  const head = Buffer.concat([Buffer.of(version), Buffer.from(keyId, 'latin1')]);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', material, nonce);
  cipher.setAAD(Buffer.concat([head, contextBytes(context)]));
  return Buffer.concat([head, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The id of the key that a ciphertext says it is under. @throws AwsError InvalidCiphertextException */
export function keyIdOf(blob: Buffer): string {
  if (blob.length <= headLength + 28 || blob[0] !== version) throw new AwsError('InvalidCiphertextException');
  return blob.subarray(1, headLength).toString('latin1');
}

/** @throws AwsError InvalidCiphertextException if anything of it, or of the context, is not as it was */
export function decryptUnder(
  material: Buffer,
  blob: Buffer,
  context: Readonly<Record<string, string>>,
): Buffer {
  const nonce = blob.subarray(headLength, headLength + 12);
  const decipher = createDecipheriv('aes-256-gcm', material, nonce, { authTagLength: 16 });
  decipher.setAAD(Buffer.concat([blob.subarray(0, headLength), contextBytes(context)]));
  decipher.setAuthTag(blob.subarray(-16));
  try {
    return Buffer.concat([decipher.update(blob.subarray(headLength + 12, -16)), decipher.final()]);
  } catch {
    throw new AwsError('InvalidCiphertextException');
  }
}
