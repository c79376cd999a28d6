import { createHash, pbkdf2Sync } from 'node:crypto';
import { oids } from '#crypto/oids.ts';
import type { KeyDerivation } from '#crypto/pfx/derivations.ts';
import { bmpPassword } from '#crypto/pfx/password.ts';
import { pkcs12KdfSync } from '#crypto/worker/pkcs12-kdf.ts';
import { Secret } from '#domain/secret.ts';
import { labelled, nodes } from './nodes.ts';
import type { Seal } from './seal.ts';
import type { MacKey, Tlv } from './tlv.ts';

export const digests = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type Digest = (typeof digests)[number];

const digestFacts: Record<Digest, { oid: string; hmac: string; length: number }> = {
  sha1: { oid: oids.sha1, hmac: oids.hmacWithSHA1, length: 20 },
  sha224: { oid: oids.sha224, hmac: oids.hmacWithSHA224, length: 28 },
  sha256: { oid: oids.sha256, hmac: oids.hmacWithSHA256, length: 32 },
  sha384: { oid: oids.sha384, hmac: oids.hmacWithSHA384, length: 48 },
  sha512: { oid: oids.sha512, hmac: oids.hmacWithSHA512, length: 64 },
};

const pbes2Facts = {
  'aes-128-cbc': { oid: oids.aes128CBC, keyLength: 16, block: 16 },
  'aes-192-cbc': { oid: oids.aes192CBC, keyLength: 24, block: 16 },
  'aes-256-cbc': { oid: oids.aes256CBC, keyLength: 32, block: 16 },
  'camellia-128-cbc': { oid: oids.camellia128CBC, keyLength: 16, block: 16 },
  'camellia-256-cbc': { oid: oids.camellia256CBC, keyLength: 32, block: 16 },
  'des-ede3-cbc': { oid: oids.desEde3CBC, keyLength: 24, block: 8 },
} as const;
export type Pbes2Cipher = keyof typeof pbes2Facts;
export const pbes2Ciphers = Object.keys(pbes2Facts).filter((name): name is Pbes2Cipher => name in pbes2Facts);

const classicFacts = {
  'des-ede3-cbc': { oid: oids.pbeWithSHAAnd3KeyTripleDESCBC, keyLength: 24, name: 'des-ede3-cbc' },
  'des-ede-cbc': { oid: oids.pbeWithSHAAnd2KeyTripleDESCBC, keyLength: 16, name: 'des-ede-cbc' },
  'rc2-128': { oid: oids.pbeWithSHAAnd128BitRC2CBC, keyLength: 16, name: 'rc2-cbc' },
  'rc2-40': { oid: oids.pbeWithSHAAnd40BitRC2CBC, keyLength: 5, name: 'rc2-cbc' },
  'rc4-128': { oid: oids.pbeWithSHAAnd128BitRC4, keyLength: 16, name: 'opaque' },
} as const;
export type ClassicCipher = keyof typeof classicFacts;
export const classicCiphers = Object.keys(classicFacts).filter(
  (name): name is ClassicCipher => name in classicFacts,
);

/** How a part is encrypted. Salts and vectors follow from `number` and their length. */
export type EncryptionPlan = { saltLength: number; count: number; number: number } & (
  | { scheme: 'pbes2'; cipher: Pbes2Cipher; prf: Digest; saysKeyLength: boolean }
  | { scheme: 'classic'; cipher: ClassicCipher }
);

export type MacPlan = { saltLength: number; count: number; number: number } & (
  | { kind: 'classic'; digest: Digest }
  | { kind: 'pbmac1'; prf: Digest; hmac: Digest; keyLength: number }
);

/** An AlgorithmIdentifier, and what encrypts as it says. */
export interface Protection {
  algorithm: Tlv;
  seal: Seal;
}

/** The iterations that a reader charges: all of them for each digest's length of key, and again for a vector. */
export function costOf({ count, ...plan }: EncryptionPlan): number {
  return plan.scheme === 'pbes2'
    ? count * digestsFor(pbes2Facts[plan.cipher].keyLength, plan.prf)
    : count * (digestsFor(classicFacts[plan.cipher].keyLength, 'sha1') + 1);
}

export function macCostOf({ count, ...plan }: MacPlan): number {
  return plan.kind === 'pbmac1' ? count * digestsFor(plan.keyLength, plan.prf) : count;
}

const digestsFor = (keyLength: number, digest: Digest) => Math.ceil(keyLength / digestFacts[digest].length);

/** @param place begins the labels, as in `key.salt` */
export function protection(plan: EncryptionPlan, password: string, place: string): Protection {
  return plan.scheme === 'pbes2' ? pbes2(plan, password, place) : classic(plan, password, place);
}

type Scheme<S extends EncryptionPlan['scheme']> = Extract<EncryptionPlan, { scheme: S }>;

function pbes2(plan: Scheme<'pbes2'>, password: string, place: string): Protection {
  const { cipher, prf } = plan;
  const { oid, keyLength, block } = pbes2Facts[cipher];
  const iv = filler(`${place} iv ${plan.number}`, block);
  const said = plan.saysKeyLength ? [labelled(`${place}.keyLength`, nodes.integer(keyLength))] : [];
  const { salt, kdf } = pbkdf2({ ...plan, digest: prf, said }, place);
  const scheme = nodes.sequence(
    labelled(`${place}.cipher`, nodes.oid(oid)),
    labelled(`${place}.iv`, nodes.octets(iv)),
  );
  const key = derived(password, { kdf: 'pbkdf2', digest: prf, salt, iterations: plan.count, keyLength });
  return {
    algorithm: nodes.sequence(
      labelled(`${place}.scheme`, nodes.oid(oids.pbes2)),
      nodes.sequence(kdf, scheme),
    ),
    seal: { cipher, key, iv },
  };
}

/** PBKDF2-params (RFC 8018 appendix A.2); SHA-1 is their default, which DER leaves out. */
function pbkdf2(
  {
    saltLength,
    count,
    number,
    digest,
    said,
  }: { saltLength: number; count: number; number: number; digest: Digest; said: readonly Tlv[] },
  place: string,
): { salt: Uint8Array; kdf: Tlv } {
  const salt = filler(`${place} salt ${number}`, saltLength);
  const prf = nodes.sequence(labelled(`${place}.prf`, nodes.oid(digestFacts[digest].hmac)), nodes.null());
  const parameters = nodes.sequence(
    labelled(`${place}.salt`, nodes.octets(salt)),
    labelled(`${place}.count`, nodes.integer(count)),
    ...said,
    ...(digest === 'sha1' ? [] : [prf]),
  );
  return { salt, kdf: nodes.sequence(labelled(`${place}.kdf`, nodes.oid(oids.pbkdf2)), parameters) };
}

function classic(
  { cipher, saltLength, count, number }: Scheme<'classic'>,
  password: string,
  place: string,
): Protection {
  const { oid, keyLength, name } = classicFacts[cipher];
  const salt = filler(`${place} salt ${number}`, saltLength);
  const facts = { kdf: 'pkcs12', digest: 'sha1', salt, iterations: count } as const;
  const key = derived(password, { ...facts, id: 1, keyLength });
  const iv = derived(password, { ...facts, id: 2, keyLength: 8 });
  const parameters = nodes.sequence(
    labelled(`${place}.salt`, nodes.octets(salt)),
    labelled(`${place}.count`, nodes.integer(count)),
  );
  return {
    algorithm: nodes.sequence(labelled(`${place}.scheme`, nodes.oid(oid)), parameters),
    seal: { cipher: name, key, iv },
  };
}

/** MacData (RFC 7292 section 4, RFC 9879 section 4). */
export function macData(plan: MacPlan, password: string): Tlv {
  const salt = filler(`mac salt ${plan.number}`, plan.saltLength);
  const count = plan.count === 1 ? [] : [labelled('mac.count', nodes.integer(plan.count))];
  if (plan.kind === 'pbmac1') return pbmac1(plan, password);
  const { oid, length } = digestFacts[plan.digest];
  const { digest, count: iterations } = plan;
  const key = derived(password, { kdf: 'pkcs12', digest, salt, iterations, id: 3, keyLength: length });
  const algorithm = nodes.sequence(labelled('mac.digest', nodes.oid(oid)), nodes.null());
  return labelled(
    'mac',
    nodes.sequence(
      digestInfo(algorithm, { digest, key }),
      labelled('mac.salt', nodes.octets(salt)),
      ...count,
    ),
  );
}

function pbmac1(plan: Extract<MacPlan, { kind: 'pbmac1' }>, password: string): Tlv {
  const { prf, hmac, keyLength, count: iterations } = plan;
  const said = [labelled('mac.keyLength', nodes.integer(keyLength))];
  const { salt, kdf } = pbkdf2({ ...plan, digest: prf, said }, 'mac');
  const key = derived(password, { kdf: 'pbkdf2', digest: prf, salt, iterations, keyLength });
  const scheme = nodes.sequence(labelled('mac.hmac', nodes.oid(digestFacts[hmac].hmac)), nodes.null());
  const algorithm = nodes.sequence(
    labelled('mac.digest', nodes.oid(oids.pbmac1)),
    nodes.sequence(kdf, scheme),
  );
  const unused = labelled('mac.unusedSalt', nodes.octets(Buffer.from('NOT USED')));
  return labelled('mac', nodes.sequence(digestInfo(algorithm, { digest: hmac, key }), unused));
}

function digestInfo(algorithm: Tlv, mac: MacKey): Tlv {
  return nodes.sequence(algorithm, labelled('mac.value', { ...nodes.octets(new Uint8Array()), mac }));
}

const derivedBefore = new Map<string, Uint8Array>();
const mostRemembered = 5_000;

/** The derivation on this thread, remembered: the same few salts come again and again. */
export function derived(password: string, derivation: KeyDerivation): Uint8Array {
  const name = JSON.stringify([password, derivation, Buffer.from(derivation.salt).toString('hex')]);
  const known = derivedBefore.get(name) ?? derive(password, derivation);
  if (derivedBefore.size > mostRemembered) derivedBefore.clear();
  derivedBefore.set(name, known);
  return known;
}

function derive(password: string, derivation: KeyDerivation): Uint8Array {
  const { salt, iterations, keyLength, digest } = derivation;
  if (derivation.kdf === 'pbkdf2') return pbkdf2Sync(password, salt, iterations, keyLength, digest);
  return pkcs12KdfSync({ ...derivation, password: bmpPassword(Secret.fromText(password)) });
}

/** Bytes that are the same each time; cut to a length, so those of one label begin alike. */
export function filler(label: string, length: number): Uint8Array {
  const digest = createHash('sha256').update(label).digest();
  return Buffer.alloc(length, digest);
}
