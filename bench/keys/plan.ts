import type { Sample } from '../measure.ts';
import type { PlainBinding } from './binding.ts';
import { exportableOurs, generateOurs, signOurs, unwrapOurs } from './ours.ts';
import { type Kind, kinds, otherKeys, sessions, type TokenSubject } from './subject.ts';
import type { TokenLoop, Verb } from './yardsticks/loop.ts';

/** All that takes part. */
export interface Sides {
  subject: TokenSubject;
  binding: PlainBinding;
  loop: TokenLoop;
  /** The same in a Node of its own: with the OpenSSL that our provider's process has. */
  loopInNode: TokenLoop;
}

/** One comparison; samples are nanoseconds for one on average. */
export interface Row {
  name: string;
  reach: string;
  runs: number;
  /** Which yardstick, and what both sides do. */
  yardstick: string;
  does: string;
  /** What comes first, untimed. */
  prepare?: () => Promise<void>;
  ours: Sample;
  theirs: Sample;
  /** Whose time is told in microseconds, too, under this name. */
  alone?: string;
}

/** Signatures in one sample, so that it takes some tenths of a second. */
const signatures = { rsa: 512, p256: 2_048 } as const;
const fewSignatures = 64;
const many = 64;
const what = { rsa: 'RSA-2048, PKCS#1 v1.5', p256: 'P-256, ECDSA' } as const;
const whole = 'ours through the provider and its process, hashing included';

/** All comparisons of the group. */
export function rowsOf(sides: Sides): Row[] {
  return [
    ...kinds.flatMap((kind) => [
      synchronousRow(sides, kind),
      sameOpenssl(synchronousRow(inNode(sides), kind)),
      callersRow(sides, kind, { callers: 1, threads: 1 }),
      callersRow(sides, kind, { callers: sessions, threads: 2 }),
      throughputRow(sides, kind),
      sameOpenssl(throughputRow(inNode(sides), kind)),
      threadsRow(sides, kind),
    ]),
    // Making keys depends on OpenSSL so much that against another one it would say nothing.
    ...kinds.flatMap((kind) => [
      keyRow(inNode(sides), 'generate', kind),
      keyRow(inNode(sides), 'exportable', kind),
      keyRow(inNode(sides), 'unwrap', kind),
    ]),
    // Last, since they fill the token.
    ...naives.map((naive) => naiveRow(sides, naive)),
  ];
}

function inNode(sides: Sides): Sides {
  return { ...sides, loop: sides.loopInNode };
}

/** What has a reach is held to it against the plain program; this is told beside it. */
function sameOpenssl({ alone: _, ...row }: Row): Row {
  return { ...row, name: `${row.name}-same-openssl`, reach: 'none', runs: 15 };
}

function synchronousRow({ binding, loop }: Sides, kind: Kind): Row {
  const rounds = signatures[kind];
  return {
    name: `pkcs11-sign-${kind}-sync-vs-c`,
    reach: kind === 'rsa' ? '<=1.10' : 'none',
    runs: 21,
    yardstick: loop.version,
    does: `${what[kind]}: one thread; ours by the binding's synchronous calls in this process, session open and key found`,
    ours: async () => binding.sign(kind, rounds),
    theirs: () => loop.sign(kind, 1, rounds),
  };
}

function callersRow({ subject, loop }: Sides, kind: Kind, at: { callers: number; threads: number }): Row {
  const { callers, threads } = at;
  const rounds = signatures[kind];
  const who = whoOf(callers);
  return {
    name: `pkcs11-sign-${kind}-${who}-vs-c`,
    reach: 'none',
    runs: 15,
    yardstick: loop.version,
    does: `${what[kind]}: ${threadsTold(threads)}; ${whole}, ${callersTold(callers)}`,
    ours: () => signOurs(subject, kind, { callers, rounds }),
    theirs: () => loop.sign(kind, threads, rounds),
    alone: `pkcs11-sign-${kind}-${who}-us`,
  };
}

/** What a service does under load: many callers, against the most that the C program gets out of the token. */
function throughputRow(sides: Sides, kind: Kind): Row {
  const { loop } = sides;
  const rounds = signatures[kind];
  return {
    ...callersRow(sides, kind, { callers: many, threads: 1 }),
    name: `pkcs11-sign-${kind}-vs-c`,
    reach: '<=1.35',
    runs: 21,
    does: `${what[kind]}: the quicker of one thread and two, run by run; ${whole}, ${callersTold(many)}`,
    theirs: async () => Math.min(await loop.sign(kind, 1, rounds), await loop.sign(kind, 2, rounds)),
  };
}

/** What a second thread is worth to the C program. */
function threadsRow({ loop }: Sides, kind: Kind): Row {
  const rounds = signatures[kind];
  return {
    name: `pkcs11-sign-${kind}-c-two-threads-vs-one`,
    reach: 'none',
    runs: 15,
    yardstick: loop.version,
    does: `${what[kind]}: one thread against two of the same program; nothing of ours`,
    ours: () => loop.sign(kind, 2, rounds),
    theirs: () => loop.sign(kind, 1, rounds),
    alone: `pkcs11-sign-${kind}-c-two-threads-us`,
  };
}

interface Naive {
  name: string;
  reach?: string;
  kind: Kind;
  callers: number;
  /** With the keys of an organization, or those that sign alone: who searches looks at each key. */
  token: 'full' | 'empty';
}

const naives: readonly Naive[] = [
  { name: 'pkcs11-sign-vs-naive-empty-token', kind: 'p256', callers: many, token: 'empty' },
  { name: 'pkcs11-sign-one-caller-vs-naive-empty-token', kind: 'p256', callers: 1, token: 'empty' },
  { name: 'pkcs11-sign-vs-naive', reach: '<=0.05', kind: 'p256', callers: many, token: 'full' },
  { name: 'pkcs11-sign-one-caller-vs-naive', kind: 'p256', callers: 1, token: 'full' },
  { name: 'pkcs11-sign-rsa-vs-naive', kind: 'rsa', callers: many, token: 'full' },
];

/**
 * The naive way serves one caller after the other by its nature: a login is the process's, so whoever logs out would log
 * out all others.
 */
function naiveRow({ subject, binding }: Sides, { name, reach = 'none', kind, callers, token }: Naive): Row {
  const keysThere = token === 'full' ? `${otherKeys} other keys` : 'no other keys';
  return {
    ...{ name, reach, runs: 15 },
    yardstick: "the binding's synchronous calls",
    does: `${what[kind]}: session, login, search among ${keysThere}, signature, logout for each; ${whole}, ${callersTold(callers)}`,
    ...(token === 'full' && { prepare: () => subject.fill() }),
    ours: () => signOurs(subject, kind, { callers, rounds: signatures[kind] }),
    theirs: async () => binding.signNaively(kind, fewSignatures),
  };
}

interface KeyWork {
  ours(subject: TokenSubject, kind: Kind, rounds: number): Promise<number>;
  does: string;
}

const keyWorks: Readonly<Record<Verb, KeyWork>> = {
  generate: {
    ours: generateOurs,
    does: 'a key pair that stays in the token; ours looks whether the name is taken and reads the public key back, too',
  },
  exportable: {
    ours: exportableOurs,
    does: 'a key pair made, wrapped at rest, bound by an HMAC, and wrapped to an RSA-3072 key; ours opens that in memory, too',
  },
  unwrap: {
    ours: unwrapOurs,
    does: 'a wrapped key verified by its HMAC, unwrapped, and wrapped to an RSA-3072 key; ours opens that in memory, too',
  },
};

/** Keys in one sample. RSA is made by luck: a few each time, and many times. */
const keyRounds = {
  generate: { rsa: 4, p256: 32 },
  exportable: { rsa: 4, p256: 64 },
  unwrap: { rsa: 64, p256: 128 },
} as const;

function keyRow({ subject, loop }: Sides, verb: Verb, kind: Kind): Row {
  const rounds = keyRounds[verb][kind];
  const { ours, does } = keyWorks[verb];
  const name = `pkcs11-${verb}-${kind}`;
  return {
    name: `${name}-vs-c`,
    reach: 'none',
    runs: kind === 'rsa' && verb !== 'unwrap' ? 31 : 15,
    yardstick: loop.version,
    does: `${kind === 'rsa' ? 'RSA-2048' : 'P-256'}, ${does}; one caller, one thread`,
    ours: () => ours(subject, kind, rounds),
    theirs: () => loop.time(verb, kind, rounds),
    alone: `${name}-us`,
  };
}

function whoOf(callers: number): string {
  return callers === 1 ? 'one-caller' : `${callers}-callers`;
}

function threadsTold(threads: number): string {
  return threads === 1 ? 'one thread' : `${threads} threads`;
}

function callersTold(callers: number): string {
  return callers === 1 ? 'one caller' : `${callers} callers at once on ${sessions} sessions`;
}
