import { X509Certificate } from 'node:crypto';
import type { PfxDescription } from '#crypto/pfx/describe.ts';
import type { PfxInspection } from '#crypto/pfx/inspect.ts';
import type { PfxContent } from '#crypto/pfx/read.ts';
import { EscrowError, InputError, PfxError } from '#domain/errors.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import type { FuzzCase } from './cases.ts';
import { fingerprint } from './content.ts';
import type { Verdict } from './generate.ts';
import { keyName, spkiOf } from './key-objects.ts';
import { type Observation, type Outcome, outcomes } from './observe.ts';
import { encode, parseTlv, replaced, type Tlv } from './tlv.ts';

export const findingKinds = [
  /** Something came out that is no refusal of ours. */
  'crash',
  /** A code that the reader does not have, or another than the file is to be refused with. */
  'code',
  /** It opened, and must not have. */
  'opened',
  /** It did not open, and must have. */
  'refused',
  /** Something else was found in it than what is there. */
  'content',
  /** A wrong password opened it. */
  'wrong password',
  /** Two readers say different things of it, or OpenSSL does not take what we take. */
  'disagree',
  /** A refusal tells the password. */
  'secret',
  'slow',
  'memory',
  /** The process ended, or did not go on. */
  'died',
] as const;

export interface Finding {
  kind: (typeof findingKinds)[number];
  what: string;
}

/** The keys that files may hold: `keyName` of each. */
export type KnownKeys = ReadonlySet<string>;

/** Everything that is wrong with what the readers made of a file. */
export function judge(fuzzCase: FuzzCase, seen: Observation, known: KnownKeys): Finding[] {
  return [
    ...refusals(fuzzCase, seen),
    ...verdicts(fuzzCase, seen),
    ...contents(fuzzCase, seen, known),
    ...wrongPasswords(seen),
    ...disagreements(seen),
  ];
}

const neverByDescribe = new Set(['pfx-not-by-password', 'pfx-wrong-password-or-damaged', 'pfx-parts-differ']);
const onlyStrict = new Set([
  'pfx-no-mac',
  'pfx-unprotected',
  'pfx-key-count',
  'pfx-key-damaged',
  'pfx-key-mismatch',
]);

function* refusals({ password }: FuzzCase, seen: Observation): Iterable<Finding> {
  for (const [call, outcome] of outcomes(seen)) {
    if (outcome.ok) continue;
    const { error } = outcome;
    if (!isRefusal(error)) {
      yield { kind: 'crash', what: `${call}: ${told(error)}` };
      continue;
    }
    const misplaced =
      error.code === 'pfx-other-key' ||
      (!call.startsWith('read') && onlyStrict.has(error.code)) ||
      (call === 'describe' && neverByDescribe.has(error.code));
    if (misplaced) yield { kind: 'code', what: `${call} refuses with ${error.code}` };
    if (password.length > 3 && error.message.includes(password)) yield { kind: 'secret', what: call };
  }
}

function isRefusal(error: unknown): error is PfxError | InputError {
  return error instanceof PfxError || (error instanceof InputError && error.code === 'password-not-ascii');
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return `not even an Error: ${typeof error}`;
  const cause = error.cause === undefined ? '' : `, caused by ${told(error.cause)}`;
  return error instanceof EscrowError ? `${error.code}${cause}` : `${error.stack ?? error.message}${cause}`;
}

function* verdicts({ verdicts: { strict, inspect } }: FuzzCase, seen: Observation): Iterable<Finding> {
  for (const profile of pfxProfiles) yield* held(`read ${profile}`, strict[profile], seen.strict[profile]);
  yield* held('inspect', inspect, seen.inspect);
}

function* held(call: string, verdict: Verdict, outcome: Outcome<unknown>): Iterable<Finding> {
  if (verdict === 'either') return;
  if (outcome.ok) {
    if (verdict === 'open') return;
    const why = verdict === 'refuse' ? 'for more than one thing' : [...verdict].join(' or ');
    yield { kind: 'opened', what: `${call} opens what is to be refused: ${why}` };
    return;
  }
  const { error } = outcome;
  if (!(error instanceof PfxError)) return;
  if (verdict === 'open')
    yield { kind: 'refused', what: `${call} refuses what is good: ${error.code} ${error.message}` };
  else if (verdict !== 'refuse' && !verdict.has(error.code)) {
    yield {
      kind: 'code',
      what: `${call} refuses with ${error.code} in place of ${[...verdict].join(' or ')}`,
    };
  }
}

function* contents(
  { contents: allowed, bytes: file, original }: FuzzCase,
  { strict }: Observation,
  known: KnownKeys,
): Iterable<Finding> {
  for (const profile of pfxProfiles) {
    const outcome = strict[profile];
    if (!outcome.ok) continue;
    const { privateKey, certificates } = outcome.value;
    const bytes = privateKey.bytes();
    if (allowed !== undefined && !allowed.has(fingerprint({ privateKey: bytes, certificates }))) {
      yield { kind: 'content', what: `read ${profile} finds what was not put there` };
    }
    if (original !== undefined && !sameButForNulls(file, original)) {
      yield { kind: 'content', what: `read ${profile} takes a file that was changed under its MAC` };
    }
    if (!known.has(keyName(bytes)))
      yield { kind: 'content', what: `read ${profile} finds a key that nobody put there` };
    if (!belongs(bytes, certificates[0]))
      yield { kind: 'content', what: `read ${profile} finds a leaf of another key` };
  }
}

/** Whether two files are the same, but for parameters of the MAC's algorithms that are NULL, or as well not there. */
function sameButForNulls(one: Uint8Array, other: Uint8Array): boolean {
  const [a, b] = [one, other].map((bytes) => {
    const file = parseTlv(bytes);
    return file === undefined
      ? Buffer.from(bytes)
      : encode(replaced(file, [2], (mac) => [withoutNulls(mac)]));
  });
  return a !== undefined && b !== undefined && a.equals(b);
}

function withoutNulls(node: Tlv): Tlv {
  if (node.content instanceof Uint8Array) return node;
  return { ...node, content: node.content.filter(({ tag }) => tag !== 0x05).map(withoutNulls) };
}

function belongs(pkcs8: Uint8Array, leaf: Uint8Array | undefined): boolean {
  if (leaf === undefined) return false;
  const certified = new X509Certificate(leaf).publicKey.export({ type: 'spki', format: 'der' });
  return Buffer.compare(certified, spkiOf(pkcs8)) === 0;
}

/** Without a MAC nobody can tell; with one, a wrong password opens nothing. */
function* wrongPasswords({ wrong }: Observation): Iterable<Finding> {
  if (wrong.strict.some(({ ok }) => ok)) yield { kind: 'wrong password', what: 'read opens it' };
  if (wrong.inspect.ok && wrong.inspect.value.macVerified)
    yield { kind: 'wrong password', what: 'inspect opens it' };
}

function* disagreements({ describe, inspect, strict }: Observation): Iterable<Finding> {
  const took = pfxProfiles.filter((profile) => strict[profile].ok);
  if (took.length > 1) yield { kind: 'disagree', what: `${took.join(' and ')} both take it` };
  if (!describe.ok && (inspect.ok || took.length > 0)) {
    yield { kind: 'disagree', what: `describe refuses what opens: ${told(describe.error)}` };
  }
  if (describe.ok && inspect.ok && !sameFacts(describe.value, inspect.value)) {
    yield { kind: 'disagree', what: 'describe and inspect see different files' };
  }
  for (const profile of pfxProfiles) {
    const outcome = strict[profile];
    if (outcome.ok && !(inspect.ok && sameFile(profile, outcome.value, inspect.value))) {
      yield { kind: 'disagree', what: `read ${profile} takes what inspect does not see so` };
    }
    if (inspect.ok && isBackup(profile, inspect.value) && !mayRefuse(outcome)) {
      yield {
        kind: 'disagree',
        what: `read ${profile} refuses what inspect finds good: ${refusal(outcome)}`,
      };
    }
  }
}

function sameFacts(one: PfxDescription, other: PfxInspection): boolean {
  const facts = ({ encoding, integrity }: PfxDescription) => JSON.stringify([encoding, integrity]);
  return facts(one) === facts(other);
}

/** Whether both readers found the same. */
function sameFile(
  profile: PfxProfile,
  { privateKey, certificates }: PfxContent,
  seen: PfxInspection,
): boolean {
  const [key] = seen.found.keys;
  return (
    isBackup(profile, seen) &&
    key !== undefined &&
    Buffer.compare(key.privateKey.bytes(), privateKey.bytes()) === 0 &&
    seen.found.certificates.length === certificates.length &&
    seen.found.certificates.some(({ raw }) => Buffer.compare(raw, certificates[0] ?? raw) === 0)
  );
}

function isBackup(
  profile: PfxProfile,
  { encoding, profile: seen, macVerified, found }: PfxInspection,
): boolean {
  const [key, ...more] = found.keys;
  const whole = key?.state === 'whole' && key.certificate !== undefined && more.length === 0;
  return encoding === 'DER' && seen === profile && macVerified && whole && found.others.length === 0;
}

/** What the strict reader minds beyond what is found in a file: salts, containers, where the key stands, how much there is. */
const pickier = new Set([
  'pfx-unsafe-parameters',
  'pfx-unsupported',
  'pfx-foreign-content',
  'pfx-key-count',
  'pfx-too-large',
]);

function mayRefuse(outcome: Outcome<PfxContent>): boolean {
  return outcome.ok || outcome.error instanceof InputError || pickier.has(refusal(outcome));
}

/** The code of a refusal. */
export function refusal(outcome: Outcome<unknown>): string {
  if (outcome.ok) return 'opened';
  return outcome.error instanceof EscrowError ? outcome.error.code : 'crash';
}
