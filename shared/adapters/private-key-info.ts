import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';

interface Element {
  tag: number;
  /** The whole element. */
  whole: Uint8Array;
  content: Uint8Array;
}

/**
 * The PrivateKeyInfo that a token wrapped, made fit for everyone: without what the token's padding left behind it, and
 * for EC keys with the public key inside (RFC 5915 section 3 says that it should be there, some readers need it, and
 * SoftHSM leaves it out). The work is on bytes that are erased, and not on a parser's strings, which cannot be.
 * @param opened what came out of the wrapping; erased
 * @param publicKey the public half; undefined to compute it from the private key
 * @throws ProviderError `wrapped-key-invalid` if it is no private key, or not that of the public key
 */
export function finishPrivateKeyInfo(opened: Uint8Array, publicKey?: KeyObject): Secret {
  try {
    const info = readElement(opened, 0, 0x30);
    if (opened.subarray(info.whole.length).some((byte) => byte !== 0)) throw damaged();
    const computed = createPublicKey(
      createPrivateKey({ key: view(info.whole), format: 'der', type: 'pkcs8' }),
    );
    if (publicKey !== undefined && !publicKey.equals(computed)) throw damaged();
    return new Secret(
      computed.asymmetricKeyType === 'ec'
        ? withPublicKey(info.content, computed)
        : new Uint8Array(info.whole),
    );
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    throw damaged(cause);
  } finally {
    opened.fill(0);
  }
}

/** PrivateKeyInfo { version, algorithm, OCTET STRING { ECPrivateKey { version, privateKey, [1] publicKey } } }. */
function withPublicKey(content: Uint8Array, publicKey: KeyObject): Uint8Array {
  const version = readElement(content, 0, 0x02);
  const algorithm = readElement(content, version.whole.length, 0x30);
  const wrapper = readElement(content, version.whole.length + algorithm.whole.length, 0x04);
  const inner = readElement(wrapper.content, 0, 0x30);
  const innerVersion = readElement(inner.content, 0, 0x02);
  const scalar = readElement(inner.content, innerVersion.whole.length, 0x04);
  // In a SubjectPublicKeyInfo the BIT STRING of the point is the last element, after its AlgorithmIdentifier.
  const spki = readElement(publicKey.export({ format: 'der', type: 'spki' }), 0, 0x30).content;
  const point = readElement(spki, readElement(spki, 0, 0x30).whole.length, 0x03).whole;
  const ecPrivateKey = element(0x30, innerVersion.whole, scalar.whole, element(0xa1, point));
  const octets = element(0x04, ecPrivateKey);
  const finished = element(0x30, version.whole, algorithm.whole, octets);
  ecPrivateKey.fill(0);
  octets.fill(0);
  return finished;
}

/** The DER element at an offset, of a tag; lengths up to 65,535. */
function readElement(bytes: Uint8Array, offset: number, tag: number): Element {
  const first = bytes[offset + 1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const start = offset + 2 + lengthBytes;
  const lengthField = Buffer.from(bytes.subarray(offset + 2, start));
  const length =
    lengthBytes === 0 ? first : lengthBytes <= 2 ? lengthField.readUIntBE(0, lengthBytes) : Infinity;
  if (bytes[offset] !== tag || start + length > bytes.length) throw damaged();
  return {
    tag,
    whole: bytes.subarray(offset, start + length),
    content: bytes.subarray(start, start + length),
  };
}

function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  const whole = new Uint8Array(head.length + length);
  whole.set(head);
  let offset = head.length;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(cause?: unknown): ProviderError {
  return new ProviderError('wrapped-key-invalid', {
    why: 'what the token gave is not the private key',
    cause,
  });
}
