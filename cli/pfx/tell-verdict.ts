import { humanIterations } from '#crypto/pfx/write.ts';
import { printable } from '#domain/plain-words.ts';
import type { Verdict } from '../verdict.ts';
import type { CertificateFacts, ChainFacts } from './certificate-facts.ts';
import { guessingInWords } from './guessing.ts';
import { importTable } from './imports.ts';
import type { KeyFacts } from './key-facts.ts';
import { count, day } from './problems.ts';
import type { ProtectionFacts } from './protection-facts.ts';

/** A verdict for a person to read: what it comes to, what the file is, what to know of it, and who imports it. */
export function tellVerdict(verdict: Verdict): string {
  const { opens, problems, targets } = verdict;
  const notes = problems.map((problem) => line('note', problem));
  const shown = [...contentLines(verdict), ...protectionLines(verdict)];
  const lines = opens ? [...shown, ...strictLines(verdict), ...notes] : [...notes, ...shown];
  const told = [headline(verdict), ...lines].map(printable).join('\n');
  const heading = opens ? 'Imported by' : 'A file of this form is imported by';
  if (targets.length === 0) return told;
  return [told, heading, importTable(targets), ...nextStep(verdict)].join('\n');
}

/** What makes a file for those that may refuse this one; only of a file that can be converted. */
function nextStep({ opens, keys, certificate, strict, targets }: Verdict): string[] {
  const refusing = targets.filter(({ imports }) => imports !== 'yes').map(({ target }) => target);
  const convertible = opens && keys.length === 1 && certificate !== 'none' && strict.code !== 'proof-failed';
  if (!convertible || refusing.length === 0) return [];
  return [`For each of the others: escrow convert FILE --for TARGET, which is ${refusing.join(', ')}.`];
}

function headline({ opens, code, keys }: Verdict): string {
  const which = keys.length > 1 ? `its ${keys.length} private keys work` : 'its private key works';
  if (opens) return `It opens, and ${which}.`;
  if (code === 'pfx-key-count') return 'It opens, but holds no private key.';
  if (code === 'proof-failed') return 'It opens, but OpenSSL cannot use it.';
  if (keys.length === 0) return `It was not opened (${code}).`;
  const what = code === 'pfx-unsupported' ? 'was not tried' : 'is of no use';
  return `It opens, but ${keys.length > 1 ? 'a' : 'its'} private key ${what} (${code}).`;
}

/** @param what a word or two, at most as long as `certificate` */
function line(what: string, text: string): string {
  return `  ${what.padEnd(11)}  ${text}`;
}

function contentLines({ keys, certificates, chain, others, certificate }: Verdict): string[] {
  return [
    ...keys.flatMap((key) => [
      line('key', `${keyInWords(key)}${keys.length > 1 ? whoseInWords(key) : ''}`),
      line('name', key.friendlyName ?? '(none)'),
    ]),
    ...certificates.map((each) => line('certificate', certificateInWords(each))),
    ...(certificate === 'none' && certificates.length === 0 ? [line('certificate', 'none')] : []),
    ...(chain === null || (certificates.length === 1 && chain.complete)
      ? []
      : [line('chain', chainInWords(chain, certificates.length === 1))]),
    ...others.map((other) => line('besides', other)),
  ];
}

function keyInWords({ spec, kind, spkiSha256, state }: KeyFacts): string {
  if (spkiSha256 === null) return state === 'damaged' ? 'damaged' : 'of a kind that is not tried here';
  return `${spec ?? kind}, SPKI SHA-256 ${spkiSha256}${state === 'works' ? '' : ', damaged'}`;
}

/** Of several keys, which certificate is its own. */
function whoseInWords({ certificate }: KeyFacts): string {
  return certificate === null ? ', of no certificate below' : `, of certificate ${certificate + 1} below`;
}

function certificateInWords({ kind, subject, issuer, selfSigned, ...validity }: CertificateFacts): string {
  const what =
    kind === 'placeholder'
      ? 'a placeholder: no CA has issued one yet'
      : `issued by ${selfSigned ? 'itself' : issuer}`;
  return [subject || '(no name)', what, validityInWords(validity)].join('; ');
}

function validityInWords({
  validity,
  notBefore,
  notAfter,
  daysLeft,
}: Pick<CertificateFacts, 'validity' | 'notBefore' | 'notAfter' | 'daysLeft'>): string {
  switch (validity) {
    case 'valid':
      return `until ${day(notAfter)} (${count(daysLeft ?? 0, 'day')} left)`;
    case 'expired':
      return `expired on ${day(notAfter)}`;
    case 'not yet':
      return `not before ${day(notBefore)}`;
    case 'unknown':
      return 'its validity cannot be read';
  }
}

/** @param alone whether there is but the certificate of the key */
function chainInWords({ inOrder, complete, missing, unrelated }: ChainFacts, alone: boolean): string {
  return [
    ...(alone ? [] : [inOrder ? 'in order' : 'not in order']),
    complete
      ? 'complete'
      : `without ${missing || 'a nameless one'}, which issued ${alone ? 'it' : 'its last'}`,
    ...(unrelated > 0 ? [`and ${count(unrelated, 'certificate')} of no part in it`] : []),
  ].join(', ');
}

function protectionLines({ profile, integrity, encryption, guessesASecond }: Verdict): string[] {
  if (profile === null || integrity === null || encryption === null) return [];
  return [
    line('profile', profile),
    line('integrity', protectionInWords(integrity)),
    ...encryptionLines(encryption),
    ...(guessesASecond === null ? [] : [line('guessing', guessingInWords(guessesASecond))]),
  ];
}

/** The same protection of key and certificates is told once. */
function encryptionLines({ keys, certificates }: NonNullable<Verdict['encryption']>): string[] {
  const told = new Map<string, Set<string>>();
  const tell = (what: string) => (protection: ProtectionFacts) => {
    const words = protectionInWords(protection);
    told.set(words, (told.get(words) ?? new Set()).add(what));
  };
  keys.forEach(tell('key'));
  certificates.forEach(tell('certificates'));
  return [...told].map(([words, whose]) => line('encryption', `${words} (${[...whose].join(' and ')})`));
}

function protectionInWords({ algorithm, iterations }: ProtectionFacts): string {
  if (iterations === null) return algorithm;
  return `${algorithm}, ${count(iterations, 'iteration')}`;
}

function strictLines({ strict, profile, iterations }: Verdict): string[] {
  const counts = Object.values(iterations ?? {});
  const under =
    Math.min(...counts) < humanIterations ? 'under a generated password only' : 'under any good password';
  const is = strict.ok
    ? `yes, ${under}: in the strict form of this service (${profile}), and OpenSSL opens and uses it, too`
    : `not in the strict form of this service (${strict.code}): ${strict.why}`;
  return [line('backup', is)];
}
