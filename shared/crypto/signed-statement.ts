import { base64url, compactVerify, createLocalJWKSet } from 'jose';
import { EscrowError, ProofError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';

/** The key that signs what the service states, wherever it lives: `KeyProvider.receiptKey` and `KeyProvider.signReceipt`. */
export interface StatementSigner {
  publicKey: PublicJwk & { kid: string };
  /** ECDSA P-256 with SHA-256 of a message: r and s, 32 bytes each (RFC 7518 section 3.4). */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The public keys that statements verify under (RFC 7517 section 5). */
export interface StatementKeys {
  keys: (PublicJwk & { kid: string })[];
}

/** A kind of statement. */
export interface StatementKind {
  /** A type of its own, so that it passes for no other token, nor another token for it (RFC 8725 section 3.11). */
  type: string;
  /** As in `receipt`. */
  noun: string;
  /** What one is refused with that is none. */
  code: 'receipt-invalid' | 'checkpoint-invalid' | 'dossier-invalid';
}

const algorithm = 'ES256';

/**
 * Signs a statement, and verifies it before it leaves.
 * @returns compact JWS (RFC 7515), ES256, with `kid` and `typ`
 * @throws ProofError `proof-failed` if the signature is not that of the public key. Errors of the signer pass unchanged.
 */
export async function signStatement(
  kind: StatementKind,
  payload: object,
  signer: StatementSigner,
): Promise<string> {
  const header = { alg: algorithm, kid: signer.publicKey.kid, typ: kind.type };
  const signed = [header, payload].map((part) => base64url.encode(JSON.stringify(part))).join('.');
  const signature = await signer.sign(new TextEncoder().encode(signed));
  const jws = `${signed}.${base64url.encode(signature)}`;
  try {
    await openStatement(kind, jws, { keys: [signer.publicKey] });
  } catch (cause) {
    throw new ProofError('proof-failed', { why: `the ${kind.noun} does not verify`, cause });
  }
  return jws;
}

/**
 * Opens a statement: one signature by a known key, the algorithm and type of its kind, in the one spelling that it has.
 * @param jws compact JWS
 * @returns its payload, parsed, and not checked
 * @throws ProofError with the code of the kind; what the verification threw is its cause
 */
export async function openStatement(kind: StatementKind, jws: string, keys: StatementKeys): Promise<unknown> {
  try {
    checkSpelling(kind, jws);
    const options = { algorithms: [algorithm] };
    const { payload, protectedHeader } = await compactVerify(jws, keySetOf(keys), options);
    if (protectedHeader.typ !== kind.type)
      throw new ProofError(kind.code, { why: `it is not a ${kind.noun}` });
    // A set of one key would verify a statement that names none.
    if (protectedHeader.kid === undefined) throw new ProofError(kind.code, { why: 'it names no key' });
    return parsedOnce(kind, payload);
  } catch (cause) {
    if (cause instanceof EscrowError) throw cause;
    throw new ProofError(kind.code, { cause });
  }
}

/** A payload in the one spelling that JSON has here: of a member that stands there twice, two readers might take two values. */
function parsedOnce({ code }: StatementKind, payload: Uint8Array): unknown {
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  if (Buffer.compare(Buffer.from(JSON.stringify(value)), payload) === 0) return value;
  throw new ProofError(code, { why: 'it is not spelled as statements are' });
}

/**
 * The payload of a statement, taken as it is.
 * @throws ProofError with the code of the kind if it is no JSON
 */
export function payloadOf(kind: StatementKind, jws: string): unknown {
  try {
    const [, payload = ''] = jws.split('.');
    return JSON.parse(new TextDecoder().decode(base64url.decode(payload)));
  } catch (cause) {
    throw new ProofError(kind.code, { cause });
  }
}

/** Key sets whose keys were imported: a ledger has a checkpoint a minute, all under the same few keys. */
const keySets = new WeakMap<StatementKeys, ReturnType<typeof createLocalJWKSet>>();

function keySetOf(keys: StatementKeys): ReturnType<typeof createLocalJWKSet> {
  const known = keySets.get(keys) ?? createLocalJWKSet(keys);
  keySets.set(keys, known);
  return known;
}

/** The last character of a base64url part has bits that decode to nothing; two spellings would pass for one statement. */
function checkSpelling({ code }: StatementKind, jws: string): void {
  const spelledOnce = jws.split('.').every((part) => base64url.encode(base64url.decode(part)) === part);
  if (!spelledOnce) throw new ProofError(code, { why: 'it is not in canonical encoding' });
}
