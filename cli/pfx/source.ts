import type { KeyObject, X509Certificate } from 'node:crypto';
import { type FoundKey, inspectPfx, type PfxInspection } from '#crypto/pfx/inspect.ts';
import { isFriendlyName } from '#crypto/pfx/write.ts';
import { PfxError } from '#domain/errors.ts';
import type { PfxTraits } from '#domain/pfx-profile.ts';
import type { Secret } from '#domain/secret.ts';
import { keyFacts } from './key-facts.ts';
import { isUnderPassword } from './protection-facts.ts';

/** What is taken out of a PFX to be written anew. */
export interface PfxSource {
  /** PKCS#8; to be erased by the caller. */
  privateKey: Secret;
  publicKey: KeyObject;
  /** DER, each once, the one of the key first. */
  certificates: Uint8Array[];
  friendlyName: string;
  /** Whether the password that was entered is known to be that of the file: nothing may be under one. */
  passwordChecked: boolean;
  /** What its owner should know of the file that it came from, in sentences. */
  notes: string[];
}

const nameless = 'private key';

/**
 * Opens a PFX of any program, and holds what is in it to what can be written anew: one private key that is whole and works, and a
 * certificate of it.
 * @throws PfxError as `inspectPfx`; `pfx-key-count`, `pfx-key-damaged`, `pfx-key-mismatch`; `pfx-unsupported` for another kind of
 *   key, or if there is no certificate
 */
export async function openSource(pfx: Uint8Array, password: Secret): Promise<PfxSource> {
  const inspection = await inspectPfx(pfx, password);
  try {
    return sourceOf(inspection, password);
  } catch (error) {
    for (const { privateKey } of inspection.found.keys) privateKey.erase();
    throw error;
  }
}

function sourceOf(inspection: PfxInspection, password: Secret): PfxSource {
  const { found, traits, macVerified } = inspection;
  const key = onlyKey(found.keys);
  const { certificate, publicKey } = provedKey(key, found.certificates);
  return {
    privateKey: key.privateKey,
    publicKey,
    certificates: eachOnce(found.certificates),
    friendlyName: nameOf(key, certificate),
    passwordChecked: isUnderPassword(inspection),
    notes: notesOf(traits, macVerified, found, password),
  };
}

function onlyKey([key, ...more]: readonly FoundKey[]): FoundKey {
  if (key === undefined) throw new PfxError('pfx-key-count', { why: 'The file holds no private key.' });
  if (more.length === 0) return key;
  throw new PfxError('pfx-key-count', {
    why: `The file holds ${more.length + 1} private keys: a converted one holds one.`,
  });
}

function provedKey(key: FoundKey, certificates: readonly X509Certificate[]) {
  const { state } = keyFacts(key, certificates);
  const { certificate, publicKey } = key;
  if (state === 'not tried') {
    throw new PfxError('pfx-unsupported', {
      why: 'The private key is neither RSA of two primes nor EC on P-256, P-384 or P-521.',
      next: 'Convert it with the program that made it.',
    });
  }
  if (state === 'damaged' || publicKey === undefined) throw new PfxError('pfx-key-damaged');
  if (certificate !== undefined) return { certificate, publicKey };
  if (certificates.length > 0) throw new PfxError('pfx-key-mismatch');
  throw new PfxError('pfx-unsupported', {
    why: 'The file holds no certificate, without which no system imports a key.',
    next: "Put the key's certificate beside it with the program that made the file.",
  });
}

function eachOnce(certificates: readonly X509Certificate[]): Uint8Array[] {
  return [...new Map(certificates.map(({ fingerprint256, raw }) => [fingerprint256, raw])).values()];
}

/** The name that it has; else the common name of its certificate. */
function nameOf({ friendlyName }: FoundKey, certificate: X509Certificate): string {
  return [friendlyName ?? '', commonNameOf(certificate)].find(isName) ?? nameless;
}

/** Node writes one attribute a line, and escapes as RFC 4514 section 2.4 does. Empty where there is none. */
function commonNameOf({ subject }: X509Certificate): string {
  const names = (subject ?? '').split('\n').filter((name) => name.startsWith('CN='));
  return names[0]?.slice('CN='.length).replaceAll(/\\(?:[0-9A-F]{2}|(.))/g, '$1') ?? '';
}

function isName(text: string): boolean {
  return text.trim() !== '' && isFriendlyName(text);
}

function notesOf(
  { keys, certificates }: PfxTraits,
  macVerified: boolean,
  { others }: PfxInspection['found'],
  password: Secret,
): string[] {
  const left = [...new Set(others)].join(' and ');
  return [
    ...(macVerified
      ? []
      : ['The old file had no MAC: nobody can tell whether it was changed before it was converted.']),
    ...(password.bytes().length === 0 ? ['The old file had no password.'] : []),
    ...(keys.includes('none')
      ? ['The private key of the old file was not encrypted: delete every copy of that file.']
      : []),
    ...(certificates.includes('none') ? ['The certificates of the old file were not encrypted.'] : []),
    ...(left === '' ? [] : [`What the old file held besides was left out: ${left}.`]),
  ];
}
