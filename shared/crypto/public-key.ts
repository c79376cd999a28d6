import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  type SignKeyObjectInput,
  verify,
  X509Certificate,
} from 'node:crypto';
import {
  type KeySpec,
  keySpecNames,
  keySpecs,
  type SignatureAlgorithm,
  signaturesOf,
} from '#domain/key-spec.ts';

/** The hash that each signature algorithm uses, by node:crypto's names (FIPS 180-4). */
export const hashOfSignature = {
  RSA_PKCS1_SHA256: 'sha256',
  RSA_PSS_SHA256: 'sha256',
  ECDSA_SHA256: 'sha256',
  ECDSA_SHA384: 'sha384',
  ECDSA_SHA512: 'sha512',
} as const satisfies Record<SignatureAlgorithm, string>;

/** A key as node:crypto is to sign or verify with it by an algorithm. */
export function keyFor(algorithm: SignatureAlgorithm, key: KeyObject): SignKeyObjectInput {
  if (algorithm !== 'RSA_PSS_SHA256') return { key };
  return {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
}

/** OpenSSL's names of the curves that RFC 5480 section 2.1.1.1 names otherwise. */
const opensslCurves = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const;

/**
 * The SHA-256 of a public key: how receipts, summaries and file names say which key they mean.
 * @param publicKeyDer DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7)
 * @returns 64 hexadecimal digits, lower case
 */
export function spkiSha256(publicKeyDer: Uint8Array): string {
  return createHash('sha256').update(publicKeyDer).digest('hex');
}

/**
 * The key spec of a public key, or undefined if it is none that this service makes, or not in DER. A second encoding
 * of the same key would have another SHA-256, so only the one that DER allows counts.
 * @param publicKeyDer DER SubjectPublicKeyInfo
 */
export function keySpecOf(publicKeyDer: Uint8Array): KeySpec | undefined {
  const key = publicKeyObject(publicKeyDer);
  return key === undefined ? undefined : keySpecOfObject(key);
}

/**
 * The key spec of a key as node:crypto holds it, public or private; undefined if it is none that this service makes.
 */
export function keySpecOfObject(key: KeyObject): KeySpec | undefined {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  return keySpecNames.find((name) => {
    const facts = keySpecs[name];
    return facts.kind === 'rsa'
      ? key.asymmetricKeyType === 'rsa' && facts.modulusBits === modulusLength
      : key.asymmetricKeyType === 'ec' && opensslCurves[facts.curve] === namedCurve;
  });
}

/**
 * Whether a signature is that of the key, by an algorithm of the key's spec. Anything that is not so is `false`:
 * a damaged key, another algorithm, a malformed signature.
 * @param publicKeyDer DER SubjectPublicKeyInfo
 * @param message the message itself, not its digest
 * @param signature PKCS#1 v1.5 or PSS (RFC 8017 sections 8.2 and 8.1), or DER ECDSA-Sig-Value (RFC 3279 section 2.2.3)
 */
export function verifySignature(
  publicKeyDer: Uint8Array,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = publicKeyObject(publicKeyDer);
  const spec = key === undefined ? undefined : keySpecOfObject(key);
  if (key === undefined || spec === undefined || !signaturesOf(spec).includes(algorithm)) return false;
  try {
    return verify(hashOfSignature[algorithm], message, keyFor(algorithm, key), signature);
  } catch {
    // OpenSSL reports some malformed signatures as errors; to the caller they are what they are: no signature.
    return false;
  }
}

function publicKeyObject(publicKeyDer: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' });
    return key.export({ format: 'der', type: 'spki' }).equals(publicKeyDer) ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The public key of a certificate that this service made or has checked.
 * @param certificateDer DER Certificate (RFC 5280)
 * @returns DER SubjectPublicKeyInfo
 */
export function certificatePublicKey(certificateDer: Uint8Array): Uint8Array {
  return new X509Certificate(certificateDer).publicKey.export({ format: 'der', type: 'spki' });
}
