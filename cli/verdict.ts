import { isPrintableAscii } from '#crypto/passwords.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import type { PfxDescription } from '#crypto/pfx/describe.ts';
import { type FoundKey, inspectPfx, type PfxInspection } from '#crypto/pfx/inspect.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { asEscrowError, type EscrowError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { sentence } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';
import {
  type CertificateFacts,
  type ChainFacts,
  certificateFacts,
  chainFacts,
} from './pfx/certificate-facts.ts';
import { type ImportFacts, importFacts } from './pfx/imports.ts';
import { type KeyFacts, keyFacts } from './pfx/key-facts.ts';
import { keyInClear, problemsOf } from './pfx/problems.ts';
import { type ProtectionFacts, protectionOf, strengthOf } from './pfx/protection-facts.ts';
import { seeFile } from './pfx/see-file.ts';
import { reasonOf, type StrictForm, tryStrictForm, unusable } from './pfx/strict-form.ts';

/**
 * What is known of a PFX after trying to open it; docs/verify-and-convert.md tells the same to whoever reads it as JSON. What shows
 * without the password is there, too, where the file does not open; where it is no PFX at all, null and nothing.
 */
export interface Verdict {
  /** Whether it opens and its key works. */
  opens: boolean;
  /** Why it does not; null where it does. */
  code: ErrorCode | null;
  profile: PfxProfile | 'other' | null;
  /** The lowest of each; zero where nothing is derived. */
  iterations: { mac: number; key: number; certificates: number } | null;
  /** The first one, if it was tried. */
  key: { spec: string | null; spkiSha256: string } | null;
  /** Of the first key; null where there is no key, or none was seen. */
  certificate: 'placeholder' | 'issued' | 'none' | null;
  /** Of the first key. */
  friendlyName: string | null;
  /** In sentences: why it does not open; or what a person should know of it although it does. */
  problems: string[];
  encoding: 'DER' | 'BER' | null;
  /** `verified`: null where it was not tried, or there is none. */
  integrity: (ProtectionFacts & { verified: boolean | null }) | null;
  encryption: { keys: ProtectionFacts[]; certificates: ProtectionFacts[] } | null;
  /** An estimate of the passwords that one graphics card tries against it; null where none is needed, or none known. */
  guessesASecond: number | null;
  keys: KeyFacts[];
  /** Those of the keys first. */
  certificates: CertificateFacts[];
  /** Null where there is not one key with a certificate of its own. */
  chain: ChainFacts | null;
  /** What it holds besides, as in `a secret`. */
  others: string[];
  strict: StrictForm;
  /** Which systems import a file of this form. */
  targets: ImportFacts[];
}

/**
 * The verdict on what no password opens: what is no PFX, or none that anybody should open.
 * @returns undefined of a file that may open
 * @throws InternalError `internal`
 */
export function judgeUnopened(pfx: Uint8Array): Verdict | undefined {
  const seen = seeOrRefuse(pfx);
  return 'refused' in seen ? seen.refused : undefined;
}

/**
 * Opens a PFX that may come from anybody, tries its private keys, and says what it is.
 * @param password UTF-8; may be empty
 * @throws InternalError `internal`; what is wrong with file or password is the verdict
 */
export async function judgePfx(pfx: Uint8Array, password: Secret): Promise<Verdict> {
  const seen = seeOrRefuse(pfx);
  if ('refused' in seen) return seen.refused;
  const derivations = new PfxDerivations();
  try {
    const inspection = await inspectPfx(pfx, password, { derivations });
    return await judgeOpened({ pfx, password, derivations }, inspection);
  } catch (thrown) {
    return notOpened(ownError(thrown), seen.description, password);
  } finally {
    derivations.erase();
  }
}

function seeOrRefuse(pfx: Uint8Array): { description: PfxDescription } | { refused: Verdict } {
  try {
    return { description: seeFile(pfx) };
  } catch (thrown) {
    return { refused: refusedFor(ownError(thrown)) };
  }
}

/** @throws InternalError `internal`: that is no verdict on a file */
function ownError(thrown: unknown): EscrowError {
  const error = asEscrowError(thrown);
  if (error.code === 'internal') throw thrown;
  return error;
}

interface Opening {
  pfx: Uint8Array;
  password: Secret;
  derivations: PfxDerivations;
}

async function judgeOpened(file: Opening, inspection: PfxInspection): Promise<Verdict> {
  const { found, profile } = inspection;
  const keys = found.keys.map((key) => keyFacts(key, found.certificates));
  for (const { privateKey } of found.keys) privateKey.erase();
  const now = new Date();
  const owned = new Set(keys.map(({ certificate }) => certificate));
  const certificates = found.certificates.map((each, at) => certificateFacts(each, owned.has(at), now));
  const chain = keys.length === 1 && owned.has(0) ? chainFacts(found.certificates) : null;
  const strict = await strictFormOf(file, profile, found.keys[0]);
  const code = codeOf(keys, certificates, strict);
  const findings = { inspection, password: file.password, keys, certificates, chain };
  return {
    opens: code === null,
    code,
    ...strengthOf(inspection),
    ...factsOfFirst(keys, certificates),
    problems: [...reasonsOf(code, keys), ...problemsOf(findings)],
    ...protectionOf(inspection, inspection.macVerified),
    ...(file.password.bytes().length === 0 && { guessesASecond: null }),
    ...{ keys, certificates, chain, others: found.others, strict },
    targets: importFacts(inspection.traits, file.password, keys),
  };
}

/** A file without a key that could be tried is none that a backup could be. */
async function strictFormOf(
  file: Opening,
  profile: PfxInspection['profile'],
  key: FoundKey | undefined,
): Promise<StrictForm> {
  if (key?.publicKey === undefined) {
    const code =
      key === undefined ? 'pfx-key-count' : key.state === 'damaged' ? 'pfx-key-damaged' : 'pfx-unsupported';
    return { ok: false, code, why: errorTable[code].meaning };
  }
  const publicKey = key.publicKey.export({ format: 'der', type: 'spki' });
  return await tryStrictForm({ ...file, publicKey }, profile);
}

/** Why a file that was opened is of no use; null for one that is. */
function codeOf(
  keys: readonly KeyFacts[],
  certificates: readonly CertificateFacts[],
  strict: StrictForm,
): ErrorCode | null {
  if (keys.length === 0) return 'pfx-key-count';
  if (keys.some(({ state }) => state === 'damaged')) return 'pfx-key-damaged';
  if (keys.some(({ state }) => state === 'not tried')) return 'pfx-unsupported';
  const alone = keys.some(({ certificate }) => certificate === null);
  if (alone && certificates.length > 0) return 'pfx-key-mismatch';
  return strict.why === unusable ? strict.code : null;
}

function reasonsOf(code: ErrorCode | null, keys: readonly KeyFacts[]): string[] {
  if (code === null) return [];
  if (code === 'proof-failed') return [`${unusable} Take another copy of the file.`];
  if (code === 'pfx-unsupported') {
    return [
      'Its private key is neither RSA of two primes nor EC on P-256, P-384 or P-521, so it was not tried. Try it with the program that it is for.',
    ];
  }
  if (keys.length > 0) return [`${errorTable[code].meaning} ${errorTable[code].next}`];
  return [
    'It holds no private key, so nothing can be signed or decrypted with it. Ask for the file with the key.',
  ];
}

function factsOfFirst(
  [key]: readonly KeyFacts[],
  certificates: readonly CertificateFacts[],
): Pick<Verdict, 'key' | 'certificate' | 'friendlyName'> {
  const own = certificates[key?.certificate ?? -1]?.kind;
  const sha256 = key?.spkiSha256;
  return {
    key: typeof sha256 === 'string' ? { spec: key?.spec ?? null, spkiSha256: sha256 } : null,
    certificate: key === undefined ? null : (own ?? 'none'),
    friendlyName: key?.friendlyName ?? null,
  };
}

/** What is known of a file that nothing can be seen of, its members in their order. */
const nothingShown: Omit<Verdict, 'code' | 'problems' | 'strict'> = {
  opens: false,
  profile: null,
  iterations: null,
  key: null,
  certificate: null,
  friendlyName: null,
  encoding: null,
  integrity: null,
  encryption: null,
  guessesASecond: null,
  keys: [],
  certificates: [],
  chain: null,
  others: [],
  targets: [],
};

function refusedFor(error: EscrowError): Verdict {
  const { code } = error;
  const why = reasonOf(error);
  return {
    ...nothingShown,
    ...{ code, problems: [`${why} ${sentence(error.next)}`], strict: { ok: false, code, why } },
  };
}

function notOpened(error: EscrowError, seen: PfxDescription, password: Secret): Verdict {
  const refused = refusedFor(error);
  const { code } = error;
  return {
    ...refused,
    problems: [
      ...refused.problems,
      ...hintsFor(code, password),
      ...(seen.traits.keys.includes('none') ? [keyInClear] : []),
    ],
    ...strengthOf(seen),
    ...protectionOf(seen, code === 'pfx-parts-differ' ? true : null),
    targets: importFacts(seen.traits, undefined),
  };
}

/** What is known to go wrong with such a password. */
function hintsFor(code: ErrorCode, password: Secret): string[] {
  if (code !== 'pfx-wrong-password-or-damaged') return [];
  if (password.bytes().length === 0) return ['No password was entered: the file has one, or is damaged.'];
  if (isPrintableAscii(password)) return [];
  return [
    'The password that was entered has characters beyond ASCII, which programs write in different ways.',
  ];
}
