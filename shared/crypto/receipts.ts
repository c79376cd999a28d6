import * as v from 'valibot';
import { InputError, InternalError, ProofError } from '#domain/errors.ts';
import { exactReceipt, knownReceipt, type Receipt } from './receipt-payload.ts';
import {
  openStatement,
  payloadOf,
  type StatementKeys,
  type StatementKind,
  type StatementSigner,
  signStatement,
} from './signed-statement.ts';

export type { BackupReceipt, Receipt, RefusalReceipt } from './receipt-payload.ts';

const kind: StatementKind = { type: 'escrow-receipt+jwt', noun: 'receipt', code: 'receipt-invalid' };

/** The key that signs receipts, wherever it lives: `KeyProvider.receiptKey` and `KeyProvider.signReceipt`. */
export type ReceiptSigner = StatementSigner;

/** The public keys that receipts verify under (RFC 7517 section 5). */
export type ReceiptKeys = StatementKeys;

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
  return await signStatement(kind, payload, signer);
}

/**
 * Verifies a receipt: one signature by a known key, the algorithm and type of receipts, and a payload that says all that
 * a receipt must. Members that this version does not know are left out of the result.
 * @param jws compact JWS
 * @throws ProofError `receipt-invalid`
 */
export async function verifyReceipt(jws: string, jwks: ReceiptKeys): Promise<Receipt> {
  return known(await openStatement(kind, jws, jwks));
}

/**
 * What a receipt says, taken as it is: for one that the service itself keeps, and hands on to whoever verifies it.
 * @param jws compact JWS
 * @throws ProofError `receipt-invalid` if it does not say all that a receipt must
 */
export function readReceipt(jws: string): Receipt {
  return known(payloadOf(kind, jws));
}

/**
 * Reads a set of receipt keys, as a file or a caller gave it. Keys of other kinds in the set are passed over (RFC 7517
 * section 5), and so is one that stands there twice.
 * @throws InputError `invalid-input` naming the field `jwks`; for two keys of one `kid`, too
 */
export function parseReceiptKeys(value: unknown): ReceiptKeys {
  const set = v.safeParse(keySetSchema, value);
  const candidates = set.success ? set.output.keys.map((key) => v.safeParse(receiptKeySchema, key)) : [];
  const keys = candidates.filter((candidate) => candidate.success).map(({ output }) => output);
  if (keys.length === 0) throw noKeySet('holds no ES256 public key with a kid');
  const different = new Map(keys.map((key) => [JSON.stringify(key), key]));
  // Which of them a statement means that names it would be anybody's guess.
  if (new Set(keys.map(({ kid }) => kid)).size < different.size) throw noKeySet('holds two keys of one kid');
  return { keys: [...different.values()] };
}

function noKeySet(why: string): InputError {
  return new InputError('invalid-input', { field: 'jwks', why });
}

function known(payload: unknown): Receipt {
  const receipt = v.safeParse(knownReceipt, payload);
  if (receipt.success) return receipt.output;
  throw new ProofError('receipt-invalid', { cause: new v.ValiError(receipt.issues) });
}
