import type { PfxInspection } from '#crypto/pfx/inspect.ts';
import { humanIterations } from '#crypto/pfx/write.ts';
import type { Secret } from '#domain/secret.ts';
import type { CertificateFacts, ChainFacts } from './certificate-facts.ts';
import type { KeyFacts } from './key-facts.ts';
import { isUnderPassword } from './protection-facts.ts';

/** An opened file, and what was found of it. */
export interface Findings {
  inspection: PfxInspection;
  password: Secret;
  keys: readonly KeyFacts[];
  certificates: readonly CertificateFacts[];
  chain: ChainFacts | null;
}

/** What a person should know of a file that opens, in sentences; the gravest first. */
export function problemsOf(findings: Findings): string[] {
  const { inspection, keys, certificates, chain } = findings;
  return [
    ...protectionProblems(findings),
    ...iterationProblems(inspection),
    ...keyProblems(keys),
    ...certificateProblems(keys, certificates),
    ...chainProblems(chain),
    ...contentProblems(inspection),
  ];
}

/** What nothing new should rest on, by how a file uses it. */
const oldAlgorithms = new Map<string, readonly string[]>([
  ['sha1-triple-des', ['3DES', 'SHA-1']],
  ['sha1-rc2-40', ['RC2', 'SHA-1']],
  ['sha1-rc2-128', ['RC2', 'SHA-1']],
  ['mac-sha1', ['SHA-1']],
]);

function profileProblems({ profile, traits }: PfxInspection): string[] {
  const used = [...traits.keys, ...traits.certificates, traits.integrity];
  const old = [...new Set(used.flatMap((trait) => oldAlgorithms.get(trait) ?? []))].sort();
  const what = profile === 'compatible' ? 'it' : 'a part of it';
  return [
    ...(old.length === 0
      ? []
      : [`Old algorithms (${old.join(', ')}) protect ${what}, which some systems refuse.`]),
    ...(profile === 'other'
      ? ['It is not protected by AES-256 with HMAC-SHA256 throughout, as the files of this service are.']
      : []),
  ];
}

/** Of any file with a key in clear, opened or not. */
export const keyInClear =
  'Its private key is not encrypted: whoever has the file has the key, without a password.';

function protectionProblems({ inspection, password }: Findings): string[] {
  const { macVerified, traits } = inspection;
  const weak = [...traits.keys, ...traits.certificates].includes('sha1-rc2-40');
  return [
    ...(traits.keys.includes('none') ? [keyInClear] : []),
    ...passwordProblems(inspection, password),
    ...(macVerified ? [] : ['It has no MAC, so nobody can tell whether it was changed.']),
    ...(traits.certificates.includes('none')
      ? ['Its certificates are not encrypted: whoever has the file can read whose it is.']
      : []),
    ...(weak
      ? ['A key of 40 bits encrypts a part of it, which is found within hours, whatever the password.']
      : []),
    ...profileProblems(inspection),
  ];
}

function passwordProblems(inspection: PfxInspection, password: Secret): string[] {
  if (password.bytes().length === 0) {
    return ['No password is set on it: whoever has the file has what is in it.'];
  }
  return isUnderPassword(inspection)
    ? []
    : ['Nothing in it is under a password: the one that was entered was checked by nothing.'];
}

/** An attacker tries passwords against the cheapest derivation. */
function iterationProblems({ integrity, keys, certificates }: PfxInspection): string[] {
  const counts = [integrity, ...keys, ...certificates].flatMap(({ iterations }) => iterations ?? []);
  const lowest = Math.min(...counts);
  if (lowest >= humanIterations) return [];
  return [
    `Its iteration count of ${lowest} suits a long random passphrase; under a password that a person chose, ${humanIterations} is advised.`,
  ];
}

function keyProblems(keys: readonly KeyFacts[]): string[] {
  const weak = keys.some(({ spec, state }) => spec === null && state === 'works');
  return [
    ...(keys.length > 1 ? [`It holds ${keys.length} private keys; some programs take only the first.`] : []),
    ...(weak ? ['Its key is weaker than this service makes, or of another kind.'] : []),
  ];
}

function certificateProblems(keys: readonly KeyFacts[], certificates: readonly CertificateFacts[]): string[] {
  if (certificates.length === 0) {
    return ['It holds no certificate: most programs import a key only together with one.'];
  }
  const own = certificates.filter(({ hasKey }) => hasKey);
  return (keys.length === 0 ? certificates : own).flatMap(validityProblems);
}

/** A placeholder is short-lived on purpose, and imports all the same. */
function validityProblems({ kind, validity, notBefore, notAfter }: CertificateFacts): string[] {
  if (kind === 'placeholder') return [];
  if (validity === 'expired') {
    return [`Its certificate expired on ${day(notAfter)}; the key works nevertheless.`];
  }
  return validity === 'not yet' ? [`Its certificate is not valid before ${day(notBefore)}.`] : [];
}

/** @param moment ISO 8601 */
export function day(moment: string | null): string {
  return moment?.slice(0, 10) ?? 'a time that cannot be read';
}

function chainProblems(chain: ChainFacts | null): string[] {
  if (chain === null) return [];
  return [
    ...(chain.inOrder
      ? []
      : ['Its certificates do not stand in the order of their chain, which some programs need.']),
    ...(chain.unrelated > 0
      ? [`It holds ${count(chain.unrelated, 'certificate')} that did not issue the one of its key.`]
      : []),
  ];
}

/** @param noun in the singular */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function contentProblems({ found, encoding }: PfxInspection): string[] {
  const others = [...new Set(found.others)];
  return [
    ...(others.length > 0 ? [`It holds ${others.join(' and ')} besides, which some programs refuse.`] : []),
    ...(encoding === 'BER' ? ['It is written in BER, not in DER, which some programs refuse.'] : []),
  ];
}
