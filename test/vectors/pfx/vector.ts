import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { keySpecNames } from '#domain/key-spec.ts';
import { pfxErrors } from '#domain/pfx-error-codes.ts';
import { pfxEncryptions, pfxIntegrities, pfxProfiles } from '#domain/pfx-profile.ts';

/** A `file:` URL of the folder of the vectors. */
export const vectorFolder = new URL('./', import.meta.url);

const text = v.pipe(v.string(), v.minLength(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** `password-not-ascii` is of the one file whose password no backup can have. */
const errorCode = v.custom<keyof typeof pfxErrors | 'password-not-ascii'>(
  (value) => typeof value === 'string' && (Object.hasOwn(pfxErrors, value) || value === 'password-not-ascii'),
  'is no code of a PFX error',
);
/** Each way once, as in PfxTraits. */
const encryptions = v.pipe(
  v.array(v.picklist(pfxEncryptions)),
  v.check((ways) => new Set(ways).size === ways.length, 'has one twice'),
  v.readonly(),
);

const factEntries = {
  /** The name in the folder. */
  file: v.pipe(v.string(), v.regex(/^[a-z0-9]+(?:[-.][a-z0-9]+)*\.p12$/)),
  /** The exact command, or what was called. */
  made: text,
  password: v.string(),
  encoding: v.picklist(['DER', 'BER']),
  holds: v.strictObject({
    /** One for each private key, in their order. */
    keys: v.pipe(v.array(v.picklist(keySpecNames)), v.readonly()),
    certificates: count,
    /** Of the first private key; null where it has none, or there is no private key. */
    friendlyName: v.nullable(v.string()),
    /** What is neither private key nor certificate, as PfxInspection names it. */
    others: v.pipe(v.array(v.picklist(['a secret'])), v.readonly()),
  }),
  /** What the file asks of its reader: PfxTraits. */
  traits: v.strictObject({
    keys: encryptions,
    certificates: encryptions,
    integrity: v.picklist(pfxIntegrities),
    /** 0 where there is none. */
    mostIterations: count,
  }),
  /**
   * What a strict reader of the profile that comes nearest says: null if it takes the file, else the code that it refuses
   * it with. Strict readers of the other profiles refuse the file, whatever stands here.
   */
  strict: v.strictObject({ profile: v.picklist(pfxProfiles), refusal: v.nullable(errorCode) }),
  /** What a person is told who asks what the file is: null if it can be opened, else the code. */
  inspection: v.nullable(errorCode),
  /** Whether the program of OpenSSL 3.0 opens it: as it is, with `-legacy`, or not. */
  openssl3: v.picklist(['opens', 'opens -legacy', 'refuses']),
  notes: v.optional(text),
};

/** What is known of a file before its bytes are. */
const vectorFacts = v.strictObject(factEntries);
export type VectorFacts = v.InferOutput<typeof vectorFacts>;

const vector = v.strictObject({
  ...factEntries,
  /** A key of `makers`. */
  maker: text,
  /** Of the bytes; hexadecimal. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type PfxVector = v.InferOutput<typeof vector>;

/** The list of all vectors. */
export const vectorIndex = v.pipe(
  v.strictObject({
    makers: v.record(text, v.strictObject({ program: text, version: text })),
    vectors: v.array(vector),
  }),
  v.check(
    ({ makers, vectors }) => vectors.every(({ maker }) => Object.hasOwn(makers, maker)),
    'names a maker that it does not describe',
  ),
  v.check(
    ({ vectors }) => new Set(vectors.map(({ file }) => file)).size === vectors.length,
    'lists a file twice',
  ),
);
export type VectorIndex = v.InferOutput<typeof vectorIndex>;

/** The kept index. @throws ValiError if it does not hold to its schema */
export function readVectorIndex(): VectorIndex {
  return v.parse(vectorIndex, JSON.parse(readFileSync(new URL('index.json', vectorFolder), 'utf8')));
}

/** Every kept PFX, for tests that go through them all. */
export const pfxVectors: readonly PfxVector[] = readVectorIndex().vectors;

/** The bytes of a vector. */
export function vectorBytes({ file }: Pick<PfxVector, 'file'>): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, vectorFolder)));
}
