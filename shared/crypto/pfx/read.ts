import { createDecipheriv, createHmac, type Decipheriv, timingSafeEqual, X509Certificate } from 'node:crypto';
import { PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { oids } from '../oids.ts';
import type { Accept, Protection } from './algorithms.ts';
import { type Bag, readBags, readCertificateBag } from './bags.ts';
import { parseElement } from './ber.ts';
import { IterationBudget, iterationBudgetDefault } from './budget.ts';
import { deriveKey, PfxDerivations } from './derivations.ts';
import { checkPfxPassword } from './password.ts';
import { keyIsWhole, keyMatches } from './private-key.ts';
import { type Encrypted, type PfxStructure, readStructure, unsupportedBag } from './structure.ts';

const encodingOf = { modern: 'DER', known: 'BER' } as const;
const mostCertificates = 32;

export interface PfxReadOptions {
  /**
   * `modern` (the default): our own profile only, in DER. `known`: whatever is known here, for telling a person about a
   * file of others: BER, AES of every size, PBKDF2 with HMAC-SHA1 to SHA512, 3DES, a SHA-1 MAC, no certificate.
   */
  accept?: Accept;
  /** Iterations that the file may ask for in all; 3,000,000 unless told. */
  iterationBudget?: number;
  /** Keys derived before within this invocation, as by `writePfx`. */
  derivations?: PfxDerivations;
}

export interface PfxContent {
  /** PKCS#8 PrivateKeyInfo, DER; to be erased by the caller. */
  privateKey: Secret;
  /** DER, X.509; the one that belongs to the private key first. */
  certificates: Uint8Array[];
  friendlyName?: string;
  localKeyId?: Uint8Array;
  profile: Protection;
  /** Zero for certificates where there are none. */
  iterations: { mac: number; key: number; certificates: number };
}

/**
 * Reads a PFX that may come from anybody: bounded in size, structure and cost, its MAC verified before anything is
 * decrypted, its private key whole and of the first certificate. Derivations run off the event loop.
 * @param bytes RFC 7292; at most 1 MiB
 * @param password printable ASCII
 * @throws InputError `password-not-ascii`
 * @throws PfxError `pfx-malformed`, `pfx-too-large`, `pfx-unsupported`, `pfx-costly`, `pfx-no-mac`, `pfx-unprotected`,
 *   `pfx-key-count`: of the structure, whatever the password. `pfx-wrong-password-or-damaged`: of everything that the
 *   password protects. `pfx-key-mismatch`: the private key is damaged, or no certificate is of it
 * @throws InternalError `internal` if a worker thread failed
 */
export async function readPfx(
  bytes: Uint8Array,
  password: Secret,
  options: PfxReadOptions = {},
): Promise<PfxContent> {
  const { accept = 'modern', iterationBudget = iterationBudgetDefault } = options;
  checkPfxPassword(password);
  const structure = readStructure(bytes, { accept, budget: new IterationBudget(iterationBudget) });
  const own = new PfxDerivations();
  try {
    return await openStructure(structure, password, options.derivations ?? own, accept);
  } finally {
    own.erase();
  }
}

/**
 * Tries the file without a password: whether its MAC verifies under the empty one.
 * @param bytes RFC 7292, of the profile `modern`
 * @throws PfxError of the structure, as `readPfx`; InternalError `internal` if a worker thread failed
 */
export async function opensWithoutPassword(bytes: Uint8Array): Promise<boolean> {
  const budget = new IterationBudget(iterationBudgetDefault);
  const { mac, authenticated } = readStructure(bytes, { accept: 'modern', budget });
  const key = await deriveKey(new Secret(new Uint8Array()), mac.derivation);
  const value = createHmac(mac.digest, key.bytes()).update(authenticated).digest();
  key.erase();
  return timingSafeEqual(value, mac.value);
}

async function openStructure(
  structure: PfxStructure,
  password: Secret,
  derivations: PfxDerivations,
  accept: Accept,
): Promise<PfxContent> {
  await verifyMac(structure, password, derivations);
  const parts = [structure.key, ...structure.certificates];
  const [openKey, ...openSafes] = await Promise.all(parts.map((part) => opener(part, password, derivations)));
  const privateKey = new Secret(openKey?.() ?? new Uint8Array());
  try {
    const bags = openSafes.flatMap((open) => readBags(parseElement(open(), encodingOf[accept])));
    const certificates = leafFirst(bags, privateKey, structure.key.bag, accept);
    return { privateKey, certificates, ...nameOf(structure.key.bag), ...factsOf(structure) };
  } catch (error) {
    privateKey.erase();
    throw error instanceof PfxError && error.code === 'pfx-malformed' ? damaged(error) : error;
  }
}

/** RFC 7292 section 4, in constant time. */
async function verifyMac(
  { mac, authenticated }: PfxStructure,
  password: Secret,
  derivations: PfxDerivations,
): Promise<void> {
  const key = await derivations.derive(password, mac.derivation);
  const value = createHmac(mac.digest, key.bytes()).update(authenticated).digest();
  key.erase();
  if (!timingSafeEqual(value, mac.value)) throw damaged();
}

/**
 * Derives what decrypts a part. Every part's derivation runs at the same time as the others'; the parts are then opened
 * one after the other, so that none is left in memory when another cannot be.
 */
async function opener(
  { encryption, bytes }: Encrypted,
  password: Secret,
  derivations: PfxDerivations,
): Promise<() => Uint8Array> {
  const { cipher, iv } = encryption;
  const key = await derivations.derive(password, encryption.key);
  const vector = iv instanceof Uint8Array ? iv : (await derivations.derive(password, iv)).bytes();
  return () => {
    try {
      return decrypt(createDecipheriv(cipher, key.bytes(), vector), bytes);
    } catch (cause) {
      throw damaged(cause);
    } finally {
      key.erase();
    }
  };
}

function decrypt(decipher: Decipheriv, bytes: Uint8Array): Uint8Array {
  const start = decipher.update(bytes);
  const plain = new Uint8Array(start.length + bytes.length);
  plain.set(start);
  start.fill(0);
  const end = decipher.final();
  plain.set(end, start.length);
  end.fill(0);
  return plain.subarray(0, start.length + end.length);
}

/** The certificates, the one that belongs to the private key first; of several that do, the one named like it. */
function leafFirst(bags: Bag[], privateKey: Secret, keyBag: Bag, accept: Accept): Uint8Array[] {
  if (bags.length > mostCertificates) throw new PfxError('pfx-too-large');
  const other = bags.find(({ type }) => type !== oids.certBag);
  if (other !== undefined) throw unsupportedBag(other);
  const read = bags.map((bag) => ({ bag, certificate: readCertificate(bag) }));
  const leaves = read.filter(({ certificate }) => keyMatches(privateKey, certificate.publicKey));
  const leaf = leaves.find(({ bag }) => sameId(bag.localKeyId, keyBag.localKeyId)) ?? leaves[0];
  if (leaf === undefined) {
    if (bags.length > 0 || !keyIsWhole(privateKey)) throw new PfxError('pfx-key-mismatch');
    if (accept === 'modern') throw new PfxError('pfx-unsupported', { why: 'the file holds no certificate' });
  }
  const rest = read.filter((entry) => entry !== leaf);
  return [leaf ?? [], rest].flat().map(({ certificate }) => new Uint8Array(certificate.raw));
}

function readCertificate(bag: Bag): X509Certificate {
  const bytes = readCertificateBag(bag.value);
  parseElement(bytes, 'DER');
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw new PfxError('pfx-malformed', { why: 'the file has a certificate that cannot be read', cause });
  }
}

function sameId(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

function nameOf({ friendlyName, localKeyId }: Bag): Pick<PfxContent, 'friendlyName' | 'localKeyId'> {
  return {
    ...(friendlyName === undefined ? {} : { friendlyName }),
    ...(localKeyId === undefined ? {} : { localKeyId: new Uint8Array(localKeyId) }),
  };
}

function factsOf({ mac, key, certificates }: PfxStructure): Pick<PfxContent, 'profile' | 'iterations'> {
  const protections = [mac, key.encryption, ...certificates.map(({ encryption }) => encryption)].map(
    ({ protection }) => protection,
  );
  const profile = protections.every((protection) => protection === mac.protection) ? mac.protection : 'other';
  const counts = certificates.map(({ encryption }) => encryption.iterations);
  return {
    profile,
    iterations: {
      mac: mac.derivation.iterations,
      key: key.encryption.iterations,
      certificates: Math.max(0, ...counts),
    },
  };
}

function damaged(cause?: unknown): PfxError {
  return new PfxError('pfx-wrong-password-or-damaged', { cause });
}
