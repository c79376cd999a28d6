import type { KeyObject, X509Certificate } from 'node:crypto';
import { PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import type { Bag, Names } from './bags.ts';
import { certificateOfKey, type NamedCertificate, readCertificate } from './certificates.ts';
import { PfxDerivations } from './derivations.ts';
import { describe, type PfxDescription, type SeenPfx, seePfx } from './describe.ts';
import { macOver, sameMac } from './mac.ts';
import { type Opening, openBags, openPart, prepare } from './open.ts';
import { wholeKey } from './private-key.ts';
import type { PfxStructure } from './structure.ts';

/** A private key that a file holds. */
export interface FoundKey extends Names {
  /** PKCS#8 PrivateKeyInfo; to be erased by the caller. */
  privateKey: Secret;
  /** `not tried` for a kind of key that this service does not make. */
  state: 'whole' | 'damaged' | 'not tried';
  /** Of a whole one. */
  publicKey?: KeyObject;
  /** The certificate that belongs to it. */
  certificate?: X509Certificate;
}

/** What is known of a PFX once its password opened it. */
export interface PfxInspection extends PfxDescription {
  /** False for a file without a MAC: whether it was changed, nobody can tell. */
  macVerified: boolean;
  found: {
    keys: FoundKey[];
    /** All of them, those of the keys first. */
    certificates: X509Certificate[];
    /** What no backup holds, as in `a secret`. */
    others: string[];
  };
}

export interface InspectOptions {
  /** Iterations that the file may ask for in all; 4,200,000 unless told. */
  iterationBudget?: number;
  /** Keys derived within this invocation, for another look at the same file. */
  derivations?: PfxDerivations;
}

const mostKeys = 16;
/** Certificate stores of more are no backups, and what is asked of each takes its time. */
const mostCertificates = 64;

type KeyBag = Extract<Bag, { kind: 'shrouded key' | 'clear key' }>;

/**
 * Opens a PFX that a person holds in hand, whoever wrote it, and says what it is: whatever it lacks of a backup is found, not
 * refused, as long as it can be opened at all. Bounded in size, structure and cost; derivations run off the event loop.
 * @param bytes RFC 7292; at most 1 MiB
 * @param password UTF-8; may be empty
 * @throws PfxError as `describePfx`; `pfx-not-by-password`; `pfx-unsupported` for an algorithm that is not known here;
 *   `pfx-wrong-password-or-damaged`; `pfx-parts-differ`; `pfx-malformed`, `pfx-too-large`, `pfx-costly` and
 *   `pfx-unsafe-parameters` also for what stands inside
 * @throws InternalError `internal` if a worker thread failed
 */
export async function inspectPfx(
  bytes: Uint8Array,
  password: Secret,
  { iterationBudget, derivations }: InspectOptions = {},
): Promise<PfxInspection> {
  const seen = seePfx(bytes, iterationBudget);
  const own = new PfxDerivations();
  try {
    return await inspect(seen, password, derivations ?? own);
  } finally {
    own.erase();
  }
}

async function inspect(
  { structure, rules }: SeenPfx,
  password: Secret,
  derivations: PfxDerivations,
): Promise<PfxInspection> {
  const { encoding, safes } = structure;
  const byPassword = structure.integrity !== 'signature' && safes.every(({ kind }) => kind !== 'enveloped');
  if (!byPassword) throw new PfxError('pfx-not-by-password');
  const encrypted = safes.flatMap((safe) => (safe.kind === 'encrypted' ? [safe.encrypted] : []));
  prepare(encrypted, { password, derivations });
  const macVerified = await verifyMac(structure, password, derivations);
  const opening = { encoding, macVerified, password, derivations };
  const inside = await openBags(encrypted, opening, rules);
  const bags = [...safes.flatMap((safe) => (safe.kind === 'clear' ? safe.bags : [])), ...inside.flat()];
  const { certificates, others } = certificatesOf(bags);
  const keys = await openKeys(bags, opening);
  const matched = keys.map((key) => withCertificate(key, certificates));
  const leaves = matched.flatMap(({ certificate }) => certificate ?? []);
  const all = certificates.map(({ certificate }) => certificate);
  return {
    ...describe(structure, inside),
    macVerified,
    found: { keys: matched, certificates: [...new Set([...leaves, ...all])], others },
  };
}

/** @returns whether there is one. @throws PfxError `pfx-wrong-password-or-damaged`, `pfx-unsupported` */
async function verifyMac(
  { integrity, authenticated }: PfxStructure,
  password: Secret,
  derivations: PfxDerivations,
): Promise<boolean> {
  if (integrity === 'none' || integrity === 'signature') return false;
  const { keyed, value, name } = integrity;
  if (keyed === undefined) throw new PfxError('pfx-unsupported', { why: `the file uses ${name}` });
  if (sameMac(await macOver(authenticated, keyed, password, derivations), value)) return true;
  throw new PfxError('pfx-wrong-password-or-damaged');
}

/** Opens every private key, or none: on a failure what was opened is erased. */
async function openKeys(bags: readonly Bag[], opening: Opening): Promise<FoundKey[]> {
  const keyBags = bags.filter(
    (bag): bag is KeyBag => bag.kind === 'shrouded key' || bag.kind === 'clear key',
  );
  if (keyBags.length > mostKeys) throw new PfxError('pfx-too-large');
  prepare(
    keyBags.flatMap((bag) => (bag.kind === 'shrouded key' ? [bag.encrypted] : [])),
    opening,
  );
  const keys: FoundKey[] = [];
  try {
    for (const bag of keyBags) {
      const privateKey = await privateKeyOf(bag, opening);
      keys.push({ privateKey, ...triedKey(privateKey), ...namesOf(bag) });
    }
    return keys;
  } catch (error) {
    for (const { privateKey } of keys) privateKey.erase();
    throw error;
  }
}

async function privateKeyOf(bag: KeyBag, opening: Opening): Promise<Secret> {
  if (bag.kind === 'clear key') return new Secret(new Uint8Array(bag.bytes));
  return new Secret((await openPart(bag.encrypted, opening)).whole);
}

function triedKey(privateKey: Secret): Pick<FoundKey, 'state' | 'publicKey'> {
  try {
    return { state: 'whole', publicKey: wholeKey(privateKey) };
  } catch (error) {
    if (!(error instanceof PfxError)) throw error;
    return { state: error.code === 'pfx-unsupported' ? 'not tried' : 'damaged' };
  }
}

function namesOf({ friendlyName, localKeyId }: Names): Names {
  return {
    ...(friendlyName !== undefined && { friendlyName }),
    ...(localKeyId !== undefined && { localKeyId }),
  };
}

/** @throws PfxError `pfx-too-large` for more than 64 certificates */
function certificatesOf(bags: readonly Bag[]) {
  const certificates: NamedCertificate[] = [];
  const others: string[] = [];
  if (bags.filter(({ kind }) => kind === 'certificate').length > mostCertificates) {
    throw new PfxError('pfx-too-large');
  }
  for (const bag of bags) {
    if (bag.kind === 'other') others.push(bag.what);
    if (bag.kind !== 'certificate') continue;
    const certificate = readable(bag.bytes);
    if (certificate === undefined) others.push('a certificate that cannot be read');
    else certificates.push({ ...namesOf(bag), certificate });
  }
  return { certificates, others };
}

function readable(bytes: Uint8Array): X509Certificate | undefined {
  try {
    return readCertificate(bytes);
  } catch {
    return undefined;
  }
}

function withCertificate(key: FoundKey, certificates: readonly NamedCertificate[]): FoundKey {
  if (key.publicKey === undefined) return key;
  const its = certificateOfKey(certificates, key.publicKey, key);
  return its === undefined ? key : { ...key, certificate: its.certificate };
}
