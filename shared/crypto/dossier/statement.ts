import * as v from 'valibot';
import { InternalError, ProofError } from '#domain/errors.ts';
import { sha256Hex } from '../identifiers.ts';
import { isTime } from '../ledger/line.ts';
import {
  openStatement,
  type StatementKeys,
  type StatementKind,
  type StatementSigner,
  signStatement,
} from '../signed-statement.ts';
import { type Dossier, dossierSchema } from './content.ts';

const kind: StatementKind = { type: 'escrow-dossier+jwt', noun: 'dossier', code: 'dossier-invalid' };

/** The longest file, in bytes: far more than the most entries that one has. */
export const longestDossier = 8 * 1_048_576;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const statementMembers = {
  organization: name,
  enrollmentId: name,
  time: v.pipe(v.string(), v.check(isTime)),
  /** Of the bytes of the dossier, as `JSON.stringify` gives them in UTF-8; hex. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
};

/** What is signed of a dossier. */
export type DossierStatement = v.InferOutput<ReturnType<typeof v.object<typeof statementMembers, undefined>>>;

/** A file as it was read, and nothing of it verified but its form. */
export interface DossierFile {
  dossier: Dossier;
  /** Compact JWS. */
  signature: string;
  /** SHA-256 of the dossier as it stands there, hex. */
  sha256: string;
}

/**
 * Signs a dossier.
 * @param signer the key that receipts are signed by
 * @returns the file, as `readDossier` takes it: readable JSON; and what was signed of it
 * @throws InternalError `internal` if it is none; ProofError `proof-failed` if the signature is not that of the public key. Errors of
 *   the signer pass unchanged.
 */
export async function makeDossier(
  dossier: Dossier,
  signer: StatementSigner,
): Promise<{ file: string; statement: DossierStatement }> {
  const json = JSON.stringify(dossier);
  const { organization, enrollmentId, time } = dossier;
  const statement = { organization, enrollmentId, time, sha256: sha256Hex(Buffer.from(json)) };
  const signature = await signStatement(kind, statement, signer);
  const file = `${JSON.stringify({ dossier, signature }, null, 2)}\n`;
  try {
    readDossier(Buffer.from(file));
  } catch (cause) {
    throw new InternalError('internal', { why: 'this is not a dossier', cause });
  }
  return { file, statement };
}

/**
 * Reads the file of a dossier strictly. It has two spellings, those of `JSON.stringify` with no blanks and with two to a level, each
 * with or without a newline at its end: so no byte of it can be another and stand for the same.
 * @throws ProofError `dossier-invalid`; its `why` quotes nothing of the file
 */
export function readDossier(bytes: Uint8Array): DossierFile {
  if (bytes.length > longestDossier) throw invalid('it is longer than any dossier');
  const text = decode(bytes);
  const value = parse(text);
  const { dossier: given, signature } = twoMembers(value);
  checkSpelling(value, text);
  const dossier = v.safeParse(dossierSchema, given);
  if (!dossier.success) throw invalid('it does not say what a dossier says');
  return { dossier: dossier.output, signature, sha256: sha256Hex(Buffer.from(JSON.stringify(given))) };
}

/**
 * Opens what was signed of a dossier.
 * @throws ProofError `dossier-invalid` if it is not signed by one of the keys, was altered, or is no statement of a dossier
 */
export async function openDossierStatement(
  signature: string,
  keys: StatementKeys,
): Promise<DossierStatement> {
  const statement = v.safeParse(v.object(statementMembers), await openStatement(kind, signature, keys));
  if (statement.success) return statement.output;
  throw invalid('its signature does not say what that of a dossier says');
}

function checkSpelling(value: unknown, text: string): void {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (![undefined, 2].some((indent) => spelled(value, indent) === body)) {
    throw invalid('it is not spelled as it was made: a program or a person has changed it');
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid('it is not text in UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: a parser's message quotes what it read.
    throw invalid('it is not JSON');
  }
}

/** Undefined where it is nested deeper than anything that is made. */
function spelled(value: unknown, indent: number | undefined): string | undefined {
  try {
    return JSON.stringify(value, null, indent);
  } catch {
    return undefined;
  }
}

const fileSchema = v.strictObject({ dossier: v.unknown(), signature: v.string() });

function twoMembers(value: unknown): { dossier: unknown; signature: string } {
  const file = v.safeParse(fileSchema, value);
  if (file.success) return { dossier: file.output.dossier, signature: file.output.signature };
  throw invalid('it is not a dossier and its signature');
}

function invalid(why: string): ProofError {
  return new ProofError('dossier-invalid', { why });
}
