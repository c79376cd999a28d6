import { PfxError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { type BackupForm, readBackupForm } from './backup-form.ts';
import { type Bag, foreignContent, type Names } from './bags.ts';
import { certificateOfKey, type NamedCertificate, readCertificate } from './certificates.ts';
import { PfxDerivations } from './derivations.ts';
import { macOver, sameMac } from './mac.ts';
import { openBags, openPart, prepare } from './open.ts';
import { checkPfxPassword } from './password.ts';
import { wholeKey } from './private-key.ts';

const mostCertificates = 32;

export interface PfxReadOptions {
  /** The profile that the file must be of; `modern` unless told. */
  profile?: PfxProfile;
  /** Iterations that the file may ask for in all; 3,000,000 unless told. */
  iterationBudget?: number;
  /** Keys derived before within this invocation, as by `writePfx`. */
  derivations?: PfxDerivations;
}

export interface PfxContent extends Names {
  /** PKCS#8 PrivateKeyInfo, DER; to be erased by the caller. */
  privateKey: Secret;
  /** DER, X.509; the one that belongs to the private key first. */
  certificates: Uint8Array[];
  /** Zero for certificates where there are none. */
  iterations: { mac: number; key: number; certificates: number };
}

/**
 * Reads a backup that may come from anybody: of one profile throughout, bounded in size, structure and cost, its MAC
 * verified before anything is decrypted, its private key whole and of the first certificate. Derivations run off the
 * event loop.
 * @param bytes RFC 7292; at most 1 MiB
 * @param password printable ASCII
 * @throws InputError `password-not-ascii`
 * @throws PfxError of the structure, whatever the password: as `readBackupForm`. `pfx-wrong-password-or-damaged`: the MAC
 *   does not verify. Under a MAC that does: `pfx-parts-differ`, `pfx-malformed`, `pfx-too-large`, `pfx-foreign-content`,
 *   `pfx-unsupported`; `pfx-key-damaged`; `pfx-key-mismatch` if no certificate is of the private key
 * @throws InternalError `internal` if a worker thread failed
 */
export async function readPfx(
  bytes: Uint8Array,
  password: Secret,
  { profile = 'modern', iterationBudget, derivations }: PfxReadOptions = {},
): Promise<PfxContent> {
  checkPfxPassword(password);
  return await openBackup(readBackupForm(bytes, profile, iterationBudget), password, derivations);
}

/** Opens a backup whose form was read. Throws as `readPfx` does under the form. */
export async function openBackup(
  form: BackupForm,
  password: Secret,
  derivations?: PfxDerivations,
): Promise<PfxContent> {
  const own = new PfxDerivations();
  try {
    return await openForm(form, password, derivations ?? own);
  } finally {
    own.erase();
  }
}

/**
 * Tries a backup without a password: whether its MAC verifies under the empty one.
 * @throws InternalError `internal` if a worker thread failed
 */
export async function opensWithoutPassword({ mac, authenticated }: BackupForm): Promise<boolean> {
  const derivations = new PfxDerivations();
  try {
    const empty = new Secret(new Uint8Array());
    return sameMac(await macOver(authenticated, mac, empty, derivations), mac.value);
  } finally {
    derivations.erase();
  }
}

async function openForm(
  { mac, authenticated, key, certificates, rules }: BackupForm,
  password: Secret,
  derivations: PfxDerivations,
): Promise<PfxContent> {
  const opening = { encoding: 'DER', password, derivations, macVerified: true } as const;
  prepare([key, ...certificates], opening);
  const value = await macOver(authenticated, mac, password, derivations);
  if (!sameMac(value, mac.value)) throw new PfxError('pfx-wrong-password-or-damaged');
  const privateKey = new Secret((await openPart(key, opening)).whole);
  try {
    const bags = (await openBags(certificates, opening, rules)).flat();
    const iterations = {
      mac: mac.iterations,
      key: key.encryption.iterations ?? 0,
      certificates: Math.max(0, ...certificates.map(({ encryption }) => encryption.iterations ?? 0)),
    };
    return { privateKey, certificates: leafFirst(bags, privateKey, key.names), ...key.names, iterations };
  } catch (error) {
    privateKey.erase();
    throw error;
  }
}

/** The certificates, the one that belongs to the private key first. */
function leafFirst(bags: Bag[], privateKey: Secret, names: Names): Uint8Array[] {
  if (bags.length > mostCertificates) throw new PfxError('pfx-too-large');
  const certificates = bags.map(namedCertificate);
  const publicKey = wholeKey(privateKey);
  if (bags.length === 0) throw new PfxError('pfx-unsupported', { why: 'the file holds no certificate' });
  const leaf = certificateOfKey(certificates, publicKey, names);
  if (leaf === undefined) throw new PfxError('pfx-key-mismatch');
  return [leaf, ...certificates.filter((other) => other !== leaf)].map(
    ({ certificate }) => new Uint8Array(certificate.raw),
  );
}

function namedCertificate(bag: Bag): NamedCertificate {
  if (bag.kind === 'other') throw foreignContent(bag.what);
  if (bag.kind === 'certificate') return { ...bag, certificate: readCertificate(bag.bytes) };
  throw new PfxError('pfx-unsupported', {
    why: 'the file has a private key inside an encrypted part, where what it costs to open cannot be seen beforehand',
  });
}
