import { errors } from 'jose';
import * as v from 'valibot';
import { InternalError, ProofError } from '#domain/errors.ts';
import {
  openStatement,
  payloadOf,
  type StatementKeys,
  type StatementKind,
  type StatementSigner,
  signStatement,
} from '../signed-statement.ts';
import { isTime } from './line.ts';
import { sha256 } from './merkle.ts';

const kind: StatementKind = {
  type: 'escrow-checkpoint+jwt',
  noun: 'checkpoint',
  code: 'checkpoint-invalid',
};

const sha256Text = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const members = {
  /** Whose ledger it is, as its entries name it. */
  organization: v.pipe(v.string(), v.maxLength(200)),
  /** The number of the segment that it ends, from 1. */
  segment: count,
  /** The sequence of the segment's first line. */
  firstSequence: count,
  /** How many lines the ledger has up to here: the sequence of the segment's last line. */
  treeSize: count,
  /** The root of the tree over all of these lines, hex (RFC 9162 section 2.1.1). */
  rootHash: sha256Text,
  /** The root of the tree over the lines of this segment alone, hex. */
  segmentRoot: sha256Text,
  /** SHA-256 of the last line, hex. */
  lastLineSha256: sha256Text,
  /** SHA-256 of the checkpoint before, as `checkpointSha256` has it; 64 zeros in the first. */
  previousCheckpointSha256: sha256Text,
  /** When it was signed: ISO 8601 in UTC with milliseconds. */
  time: v.pipe(v.string(), v.check(isTime)),
};

const exactCheckpoint = v.strictObject(members);
const knownCheckpoint = v.object(members);

/** What is signed at the end of a segment: the state of the whole ledger up to there. */
export type Checkpoint = v.InferOutput<typeof exactCheckpoint>;

/**
 * Signs a checkpoint, and verifies it before it leaves.
 * @param signer the key that receipts are signed by
 * @returns compact JWS (RFC 7515), ES256, with `kid` and `typ`
 * @throws ProofError `proof-failed` if the signature is not that of the public key
 * @throws InternalError `internal` if the payload is none. Errors of the signer pass unchanged.
 */
export async function signCheckpoint(payload: Checkpoint, signer: StatementSigner): Promise<string> {
  if (!v.is(exactCheckpoint, payload) || !isOrdered(payload))
    throw new InternalError('internal', { why: 'this is not a checkpoint' });
  return await signStatement(kind, payload, signer);
}

/**
 * Verifies a checkpoint: one signature by a known key, the algorithm and type of checkpoints, and a payload that says all that
 * one must. Members that this version does not know are left out of the result. Whether the ledger is as it says is not asked.
 * @param jws compact JWS
 * @throws ProofError `checkpoint-key-unknown` if the key that it names is not among those given, `checkpoint-invalid` for
 *   all else that is wrong with it
 */
export async function verifyCheckpoint(jws: string, keys: StatementKeys): Promise<Checkpoint> {
  try {
    return known(await openStatement(kind, jws, keys));
  } catch (error) {
    const isUnknown = error instanceof ProofError && error.cause instanceof errors.JWKSNoMatchingKey;
    throw isUnknown ? new ProofError('checkpoint-key-unknown', { cause: error }) : error;
  }
}

/**
 * What a checkpoint says, taken as it is: for one that the service itself keeps.
 * @param jws compact JWS
 * @throws ProofError `checkpoint-invalid` if it does not say all that a checkpoint must
 */
export function readCheckpoint(jws: string): Checkpoint {
  return known(payloadOf(kind, jws));
}

/** SHA-256 of a checkpoint's compact JWS, hex: what the next one names. */
export function checkpointSha256(jws: string): string {
  return sha256(Buffer.from(jws)).toString('hex');
}

function known(payload: unknown): Checkpoint {
  const checkpoint = v.safeParse(knownCheckpoint, payload);
  if (checkpoint.success && isOrdered(checkpoint.output)) return checkpoint.output;
  throw new ProofError('checkpoint-invalid', { why: 'it does not say what a checkpoint says' });
}

function isOrdered({ firstSequence, treeSize }: Checkpoint): boolean {
  return firstSequence <= treeSize;
}
