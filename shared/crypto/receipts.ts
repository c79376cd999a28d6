import { base64url, compactVerify, createLocalJWKSet } from 'jose';
import * as v from 'valibot';
import { EscrowError, InputError, InternalError, ProofError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import { exactReceipt, knownReceipt, type Receipt } from './receipt-payload.ts';

export type { BackupReceipt, Receipt, RefusalReceipt } from './receipt-payload.ts';

const algorithm = 'ES256';
/** A type of our own, so that a receipt passes for no other token, nor another token for a receipt (RFC 8725 section 3.11). */
const type = 'escrow-receipt+jwt';

/** The key that signs receipts, wherever it lives: `KeyProvider.receiptKey` and `KeyProvider.signReceipt`. */
export interface ReceiptSigner {
  publicKey: PublicJwk & { kid: string };
  /** ECDSA P-256 with SHA-256 of a message: r and s, 32 bytes each (RFC 7518 section 3.4). */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The public keys that receipts verify under (RFC 7517 section 5). */
export interface ReceiptKeys {
  keys: (PublicJwk & { kid: string })[];
}

const keySetSchema = v.object({ keys: v.array(v.unknown()) });

const receiptKeySchema = v.object({
  kty: v.literal('EC'),
  crv: v.literal('P-256'),
  x: v.string(),
  y: v.string(),
  kid: v.pipe(v.string(), v.minLength(1)),
});

/**
 * Signs a receipt, and verifies it before it leaves.
 * @returns compact JWS (RFC 7515), ES256, with `kid` and `typ`
 * @throws ProofError `proof-failed` if the signature is not that of the public key
 * @throws InternalError `internal` if the payload is none: it has a member too many, or one that is malformed. Errors of
 *   the signer pass unchanged.
 */
export async function signReceipt(payload: Receipt, signer: ReceiptSigner): Promise<string> {
  if (!v.is(exactReceipt, payload)) throw new InternalError('internal', { why: 'this is not a receipt' });
  const header = { alg: algorithm, kid: signer.publicKey.kid, typ: type };
  const signed = [header, payload].map((part) => base64url.encode(JSON.stringify(part))).join('.');
  const signature = await signer.sign(new TextEncoder().encode(signed));
  const jws = `${signed}.${base64url.encode(signature)}`;
  try {
    await verifyReceipt(jws, { keys: [signer.publicKey] });
  } catch (cause) {
    throw new ProofError('proof-failed', { why: 'the receipt does not verify', cause });
  }
  return jws;
}

/**
 * Verifies a receipt: one signature by a known key, the algorithm and type of receipts, and a payload that says all that
 * a receipt must. Members that this version does not know are left out of the result.
 * @param jws compact JWS
 * @throws ProofError `receipt-invalid`
 */
export async function verifyReceipt(jws: string, jwks: ReceiptKeys): Promise<Receipt> {
  try {
    checkSpelling(jws);
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(jwks), {
      algorithms: [algorithm],
    });
    if (protectedHeader.typ !== type) throw new ProofError('receipt-invalid', { why: 'it is not a receipt' });
    // A set of one key would verify a receipt that names none.
    if (protectedHeader.kid === undefined)
      throw new ProofError('receipt-invalid', { why: 'it names no key' });
    return v.parse(knownReceipt, JSON.parse(new TextDecoder().decode(payload)));
  } catch (cause) {
    if (cause instanceof EscrowError) throw cause;
    throw new ProofError('receipt-invalid', { cause });
  }
}

/**
 * What a receipt says, taken as it is: for one that the service itself keeps, and hands on to whoever verifies it.
 * @param jws compact JWS
 * @throws ProofError `receipt-invalid` if it does not say all that a receipt must
 */
export function readReceipt(jws: string): Receipt {
  try {
    const [, payload = ''] = jws.split('.');
    return v.parse(knownReceipt, JSON.parse(new TextDecoder().decode(base64url.decode(payload))));
  } catch (cause) {
    throw new ProofError('receipt-invalid', { cause });
  }
}

/**
 * Reads a set of receipt keys, as a file or a caller gave it. Keys of other kinds in the set are passed over (RFC 7517
 * section 5).
 * @throws InputError `invalid-input` naming the field `jwks`
 */
export function parseReceiptKeys(value: unknown): ReceiptKeys {
  const set = v.safeParse(keySetSchema, value);
  const candidates = set.success ? set.output.keys.map((key) => v.safeParse(receiptKeySchema, key)) : [];
  const keys = candidates.filter((candidate) => candidate.success).map(({ output }) => output);
  if (keys.length > 0) return { keys };
  const why = 'holds no ES256 public key with a kid';
  throw new InputError('invalid-input', { field: 'jwks', why });
}

/** The last character of a base64url part has bits that decode to nothing; two spellings would pass for one receipt. */
function checkSpelling(jws: string): void {
  const spelledOnce = jws.split('.').every((part) => base64url.encode(base64url.decode(part)) === part);
  if (!spelledOnce) throw new ProofError('receipt-invalid', { why: 'it is not in canonical encoding' });
}
