import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import * as v from 'valibot';
import { newId } from '#crypto/identifiers.ts';
import { readOwnerOnlyJson, writeOwnerOnly } from './owner-only-file.ts';

const coordinate = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));

/** A P-256 key pair as JWK (RFC 7518 section 6.2). */
const keySchema = v.strictObject({
  kty: v.literal('EC'),
  crv: v.literal('P-256'),
  alg: v.literal('ES256'),
  use: v.literal('sig'),
  kid: v.pipe(v.string(), v.nonEmpty()),
  x: coordinate,
  y: coordinate,
  d: coordinate,
});
const fileSchema = v.strictObject({ keys: v.pipe(v.array(keySchema), v.minLength(1)) });
export type SigningKeys = v.InferOutput<typeof fileSchema>;

/**
 * The keys that sign tokens, made at first. They are kept, so that a token outlives a restart.
 * @throws ProviderError `provider-misconfigured` if the file is damaged or open to others; the error of node:fs
 */
export async function openSigningKeys(folder: string): Promise<SigningKeys> {
  const path = join(folder, 'keys.json');
  const kept = await readOwnerOnlyJson(path, fileSchema);
  if (kept !== undefined) return kept;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: newId('key') };
  const made = v.parse(fileSchema, { keys: [jwk] });
  await writeOwnerOnly(path, made);
  return made;
}

/** The public halves, as the issuer publishes them (RFC 7517). */
export function publicKeys({ keys }: SigningKeys) {
  return { keys: keys.map(({ d: _private, ...publicKey }) => publicKey) };
}
