import { mkdir } from 'node:fs/promises';
import { outputOf } from '#test/support/program.ts';
import {
  type Changes,
  debianVersion,
  factsOf,
  friendlyName,
  inTurn,
  type Maker,
  passwordFile,
  shown,
} from './maker.ts';

const database = 'nss';
const rc2Of40Bits = 'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC';
const tripleDes = 'PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC';
const otherAes = ['pbes2-aes'] as const;

/** NSS writes BER with indefinite lengths, which no backup is. */
const ber = { profile: 'modern', refusal: 'pfx-malformed' } as const;

const cases: Record<string, Changes & { of?: string; options: string[] }> = {
  default: {
    options: [],
    traits: { certificates: otherAes },
    notes: 'The certificates are under AES-128.',
  },
  'aes-256': { options: ['-c', 'AES-256-CBC', '-C', 'AES-256-CBC'] },
  'aes-256-sha512': {
    options: ['-c', 'AES-256-CBC', '-C', 'AES-256-CBC', '-M', 'SHA-512'],
    traits: { keys: otherAes, certificates: otherAes, integrity: 'mac-sha2-other' },
    notes: 'PBKDF2 with HMAC-SHA512, too.',
  },
  'camellia-256': {
    options: ['-c', 'CAMELLIA-256-CBC', '-C', 'CAMELLIA-256-CBC'],
    traits: { keys: ['pbes2-other'], certificates: ['pbes2-other'] },
  },
  '3des': {
    options: ['-c', 'DES-EDE3-CBC', '-C', 'DES-EDE3-CBC', '-M', 'SHA-1'],
    traits: { keys: ['sha1-triple-des'], certificates: ['sha1-triple-des'], integrity: 'mac-sha1' },
    notes: 'Each part takes three derivations of 600,000 iterations.',
  },
  'rc2-40': {
    options: ['-c', tripleDes, '-C', rc2Of40Bits, '-M', 'SHA-1'],
    traits: { keys: ['sha1-triple-des'], certificates: ['sha1-rc2-40'], integrity: 'mac-sha1' },
    openssl3: 'opens -legacy',
  },
  'rc2-128': {
    options: ['-c', 'RC2-CBC', '-C', 'RC2-CBC'],
    traits: { keys: ['sha1-rc2-128'], certificates: ['sha1-rc2-128'] },
    openssl3: 'opens -legacy',
  },
  rc4: {
    options: ['-c', 'RC4', '-C', 'RC4'],
    traits: { keys: ['other'], certificates: ['other'] },
    inspection: 'pfx-unsupported',
    openssl3: 'opens -legacy',
  },
  'certificates-in-clear': {
    options: ['-C', 'none'],
    traits: { certificates: ['none'] },
    notes: 'Certificate and shrouded key stand in one SafeContents.',
  },
  chain: {
    of: 'chain',
    options: ['-C', 'AES-256-CBC'],
    holds: { keys: ['ECC_NIST_P256'], certificates: 3, friendlyName: 'chain' },
  },
};

/** NSS, the library of Firefox: it exports from a database, into which openssl brings the keys. */
export const nss: Maker = {
  program: 'pk12util (NSS)',
  version: async () => `NSS, ${await debianVersion('libnss3-tools')}`,
  make: async () => {
    await makeDatabase();
    return inTurn(Object.entries(cases), ([name, one]) => make(name, one));
  },
};

const pk12util = (...args: string[]) =>
  shown('pk12util', ...args, '-d', `sql:${database}`, '-w', passwordFile, '-K', '');

async function makeDatabase(): Promise<void> {
  await mkdir(database);
  await outputOf('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
  await bring('rsa-2048', friendlyName, []);
  await bring('chain-leaf', 'chain', ['-certfile', 'chain-issuers.crt']);
}

async function bring(pair: string, name: string, options: string[]): Promise<void> {
  const file = `for-nss-${pair}.pfx`;
  await shown(
    ...['openssl', 'pkcs12', '-export', '-inkey', `${pair}.key`, '-in', `${pair}.crt`],
    ...['-name', name, '-passout', `file:${passwordFile}`, ...options, '-out', file],
  );
  await pk12util('-i', file);
}

async function make(
  name: string,
  { of = friendlyName, options, traits, ...changes }: (typeof cases)[string],
) {
  const file = `nss-${name}.p12`;
  const made = await pk12util('-o', file, '-n', of, ...options);
  const counted = { mostIterations: 600_000, ...traits };
  return factsOf(file, made, { encoding: 'BER', strict: ber, ...changes, traits: counted });
}
