import type { PfxDescription, Protection } from '#crypto/pfx/describe.ts';
import type { PfxEncryption, PfxIntegrity } from '#domain/pfx-profile.ts';

type Guarded =
  | Exclude<PfxEncryption, 'none' | 'other'>
  | Exclude<PfxIntegrity, 'none' | 'other' | 'signature'>;

/**
 * Iterations a second that one graphics card does of each, to one digit: what hashcat 6.2.6 was published to do on an RTX 4090
 * (https://gist.github.com/Chick3nman/32e662a5bb63bc4f51b847bb422222fd): 2.2e10 SHA-256, 8.9e9 iterations of PBKDF2 with
 * HMAC-SHA256, and SHA-1 a little over twice as fast as SHA-256. Where a name stands for several, the fastest of them.
 */
const iterationsASecond: Readonly<Record<Guarded, number>> = {
  'mac-sha1': 5e10,
  'mac-sha256': 2e10,
  'mac-sha2-other': 2e10,
  pbmac1: 1e10,
  'pbes2-aes256-sha256': 1e10,
  'pbes2-aes': 2e10,
  'pbes2-other': 2e10,
  // Key and vector take several derivations.
  'sha1-triple-des': 2e10,
  'sha1-rc2-40': 2e10,
  'sha1-rc2-128': 2e10,
};

/** Of eight small letters and digits: more than most people's passwords are worth. */
const shortPasswords = 36 ** 8;

/** What protects a file: as far as it can be seen, and guessed at. */
export type Protections = Pick<PfxDescription, 'integrity' | 'keys' | 'certificates'>;

/**
 * How many passwords a second can be tried on one graphics card, to one digit. Whoever guesses takes the cheapest derivation of
 * the file: a right guess at one of them is a right guess at all.
 * @returns undefined if nothing that is known here guards the file, or a private key stands in clear
 */
export function guessesASecond({ integrity, keys, certificates }: Protections): number | undefined {
  if (keys.some(({ trait }) => trait === 'none')) return undefined;
  const rates = [integrity, ...keys, ...certificates].flatMap(rateOf);
  return rates.length === 0 ? undefined : toOneDigit(Math.max(...rates));
}

function rateOf({ trait, iterations }: Protection<PfxEncryption | PfxIntegrity>): number[] {
  const known = new Map<string, number>(Object.entries(iterationsASecond)).get(trait);
  return known === undefined || iterations === null ? [] : [known / iterations];
}

/** What a rate of guesses means for passwords, in words. @param rate a second, as `guessesASecond` */
export function guessingInWords(rate: number): string {
  const many = rate.toLocaleString('en-US');
  const found = span(shortPasswords / 2 / rate);
  return `one graphics card tries about ${many} passwords a second: it finds a password of eight random small letters and digits in about ${found}, a generated password never`;
}

const units = [
  ['years', 31_557_600],
  ['days', 86_400],
  ['hours', 3_600],
  ['minutes', 60],
] as const;

/** A time to one digit, in the largest unit that there are at least two of. */
function span(seconds: number): string {
  const [unit, length] = units.find(([, each]) => seconds >= 2 * each) ?? ['seconds', 1];
  return `${toOneDigit(seconds / length).toLocaleString('en-US')} ${unit}`;
}

function toOneDigit(value: number): number {
  return Number(Math.max(value, 1).toPrecision(1));
}

/** Iterations of all derivations that can be seen: what opening the file takes, at least. */
export function iterationsInAll({ integrity, keys, certificates }: Protections): number {
  return [integrity, ...keys, ...certificates].reduce((sum, { iterations }) => sum + (iterations ?? 0), 0);
}
