import { createHash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { generatePassphrase } from '#crypto/passwords.ts';
import type { Secret } from '#domain/secret.ts';

/** About 0.2 s and 32 MiB a guess (RFC 7914): what a person chose must cost a thief of the file something. */
const work = { N: 2 ** 15, r: 8, p: 3 } as const;
const hashLength = 32;
const saltLength = 16;

const base64Bytes = v.pipe(v.string(), v.base64());

/** A person's password as it is kept: a salted scrypt hash and the work it took. */
const passwordSchema = v.strictObject({
  kind: v.literal('scrypt'),
  N: v.pipe(v.number(), v.integer(), v.maxValue(2 ** 20)),
  r: v.pipe(v.number(), v.integer(), v.maxValue(32)),
  p: v.pipe(v.number(), v.integer(), v.maxValue(16)),
  salt: base64Bytes,
  hash: base64Bytes,
});

/** A machine's secret as it is kept. It has 256 random bits, which no guessing reaches, so it needs no stretching. */
const machineSchema = v.strictObject({ kind: v.literal('sha256'), hash: base64Bytes });

export const credentialSchema = v.variant('kind', [passwordSchema, machineSchema]);
export type Credential = v.InferOutput<typeof credentialSchema>;

/** The credential of a password, under a new salt. */
export async function passwordCredential(password: Secret): Promise<Credential> {
  const salt = randomBytes(saltLength);
  const hash = await derive(password, salt, work);
  return { kind: 'scrypt', ...work, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

/** A new secret for a machine, and its credential. */
export function machineCredential(): { secret: Secret; credential: Credential } {
  const secret = generatePassphrase();
  return { secret, credential: { kind: 'sha256', hash: digest(secret).toString('base64') } };
}

/**
 * Whether a secret is the one of a credential, in a time that says nothing of it. Without a credential it does the work
 * all the same, and says no: how long an answer takes must not tell which accounts there are.
 */
export async function fits(credential: Credential | undefined, secret: Secret): Promise<boolean> {
  if (credential?.kind === 'sha256') return same(Buffer.from(credential.hash, 'base64'), digest(secret));
  const salt = credential === undefined ? randomBytes(saltLength) : Buffer.from(credential.salt, 'base64');
  const hash = await derive(secret, salt, credential ?? work);
  return credential !== undefined && same(Buffer.from(credential.hash, 'base64'), hash);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function digest(secret: Secret): Buffer {
  return createHash('sha256').update(secret.bytes()).digest();
}

function derive(secret: Secret, salt: Uint8Array, { N, r, p }: Pick<ScryptOptions, 'N' | 'r' | 'p'>) {
  const cost = { N: N ?? work.N, r: r ?? work.r, p: p ?? work.p };
  const maxmem = 256 * cost.N * cost.r;
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(secret.bytes(), salt, hashLength, { ...cost, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
