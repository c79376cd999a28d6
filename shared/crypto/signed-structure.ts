import { ProofError } from '#domain/errors.ts';
import { type KeySpec, type SignatureAlgorithm, signaturesOf } from '#domain/key-spec.ts';
import { type Asn1Node, der, encodeDer } from './asn1.ts';
import { oids } from './oids.ts';
import { keySpecOf, verifySignature } from './public-key.ts';
import type { Signer } from './signer.ts';

const signatureOids: Readonly<Record<SignatureAlgorithm, string>> = {
  RSA_PKCS1_SHA256: oids.sha256WithRSAEncryption,
  RSA_PSS_SHA256: oids.rsassaPss,
  ECDSA_SHA256: oids.ecdsaWithSHA256,
  ECDSA_SHA384: oids.ecdsaWithSHA384,
  ECDSA_SHA512: oids.ecdsaWithSHA512,
};

/** AlgorithmIdentifier: parameters are NULL for RSA (RFC 4055 section 5) and absent for ECDSA (RFC 5758 section 3.2). */
export function signatureAlgorithm(algorithm: SignatureAlgorithm): Asn1Node {
  const oid = der.oid(signatureOids[algorithm]);
  switch (algorithm) {
    case 'RSA_PKCS1_SHA256':
      return der.sequence(oid, der.null());
    case 'RSA_PSS_SHA256':
      return der.sequence(oid, pssParameters());
    default:
      return der.sequence(oid);
  }
}

/** RSASSA-PSS-params of SHA-256: MGF1 with the same hash, a salt of 32 bytes (RFC 4055 section 3.1). */
function pssParameters(): Asn1Node {
  const sha256 = () => der.sequence(der.oid(oids.sha256), der.null());
  const mgf1 = der.sequence(der.oid(oids.mgf1), sha256());
  return der.sequence(der.context(0, sha256()), der.context(1, mgf1), der.context(2, der.integer(32)));
}

/**
 * What is to be signed, the algorithm and the signature in one sequence: the shape of requests and certificates alike
 * (X.509 SIGNED). The signature is verified before anything leaves: a fault in the computation can give an RSA key
 * away, and a signature by another key would cost the subscriber the fee.
 * @param publicKey DER SubjectPublicKeyInfo of the key that signs
 * @returns DER
 * @throws ProofError `proof-failed` if the signature is not that of the key. Errors of the signer pass unchanged.
 */
export async function signStructure(
  toBeSigned: Asn1Node,
  publicKey: Uint8Array,
  signer: Signer,
): Promise<Uint8Array> {
  const message = encodeDer(toBeSigned);
  const signature = await signer.sign(message);
  if (!verifySignature(publicKey, signer.algorithm, message, signature)) {
    throw new ProofError('proof-failed', { why: 'the signature is not that of the enrollment key' });
  }
  return encodeDer(der.sequence(toBeSigned, signatureAlgorithm(signer.algorithm), der.bitString(signature)));
}

/**
 * The spec of a key that is to be certified, checked against its signer before anything is signed.
 * @throws ProofError `proof-failed` for a public key of no known spec, or a signer of another algorithm than the key's
 */
export function specToCertify(publicKey: Uint8Array, signer: Signer): KeySpec {
  const spec = keySpecOf(publicKey);
  if (spec === undefined) throw new ProofError('proof-failed', { why: 'the public key is of no known spec' });
  if (!signaturesOf(spec).includes(signer.algorithm)) {
    throw new ProofError('proof-failed', { why: 'the signer does not belong to the public key' });
  }
  return spec;
}
