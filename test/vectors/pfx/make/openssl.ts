import { outputOf } from '#test/support/program.ts';
import {
  type Changes,
  factsOf,
  friendlyName,
  type Maker,
  passwordFile,
  shown,
  unsupported,
} from './maker.ts';

interface Case extends Changes {
  /** The key pair; `rsa-2048` unless given. */
  of?: string;
  options: string[];
  /** In place of key, certificate and name. */
  input?: string[];
}

const none = ['none'] as const;
const tripleDes = ['sha1-triple-des'] as const;
const rc2 = ['sha1-rc2-40'] as const;
const otherAes = ['pbes2-aes'] as const;
const p256 = { of: 'p-256', holds: { keys: ['ECC_NIST_P256'] } } satisfies Partial<Case>;
const unprotected = { profile: 'modern', refusal: 'pfx-unprotected' } as const;
const noMac = { profile: 'modern', refusal: 'pfx-no-mac' } as const;
const noKey = { profile: 'modern', refusal: 'pfx-key-count' } as const;
const oldTraits = { keys: tripleDes, integrity: 'mac-sha1' } as const;
const oldOptions = ['-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];
const scripts = 'Zoë Ωμέγα 署名';

const cases: Record<string, Case> = {
  // What it writes by default, for each kind of key.
  default: { options: [] },
  'rsa-3072': { of: 'rsa-3072', options: [], holds: { keys: ['RSA_3072'] } },
  'p-256': { ...p256, options: [] },
  'p-384': { of: 'p-384', options: [], holds: { keys: ['ECC_NIST_P384'] } },
  'p-521': { of: 'p-521', options: [], holds: { keys: ['ECC_NIST_P521'] } },
  // For old systems.
  legacy: {
    ...p256,
    options: ['-legacy'],
    traits: { ...oldTraits, certificates: rc2 },
    strict: { profile: 'compatible', refusal: 'pfx-unsupported' },
    openssl3: 'opens -legacy',
  },
  '1.1-defaults': {
    options: ['-legacy', ...oldOptions, '-certpbe', 'PBE-SHA1-RC2-40', '-iter', '2048'],
    traits: { ...oldTraits, certificates: rc2 },
    strict: { profile: 'compatible', refusal: 'pfx-unsupported' },
    openssl3: 'opens -legacy',
    notes: 'What OpenSSL 1.1 writes by default, by the options of 3.0 that name it.',
  },
  '3des': {
    options: [...oldOptions, '-certpbe', 'PBE-SHA1-3DES'],
    traits: { ...oldTraits, certificates: tripleDes },
    strict: { profile: 'compatible', refusal: null },
  },
  // Other ciphers of today.
  'aes-128': {
    ...p256,
    options: ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC'],
    traits: { keys: otherAes, certificates: otherAes },
    strict: unsupported,
  },
  'aes-192': {
    ...p256,
    options: ['-keypbe', 'AES-192-CBC', '-certpbe', 'AES-192-CBC'],
    traits: { keys: otherAes, certificates: otherAes },
    strict: unsupported,
  },
  // Less protection than a backup must have.
  'key-in-clear': { options: ['-keypbe', 'NONE'], traits: { keys: none }, strict: unprotected },
  'certificates-in-clear': {
    options: ['-certpbe', 'NONE'],
    traits: { certificates: none },
    strict: unprotected,
  },
  'no-mac': {
    options: ['-nomac'],
    traits: { certificates: none, integrity: 'none' },
    strict: noMac,
    notes: 'Without a MAC, this program leaves the certificates in clear, too.',
  },
  'all-in-clear-no-mac': {
    ...p256,
    options: ['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac'],
    traits: { keys: none, certificates: none, integrity: 'none', mostIterations: 0 },
    strict: noMac,
    notes: 'Opens under any password.',
  },
  // The MAC.
  'mac-sha1': {
    ...p256,
    options: ['-macalg', 'sha1'],
    traits: { integrity: 'mac-sha1' },
    strict: unsupported,
  },
  'mac-sha224': {
    ...p256,
    options: ['-macalg', 'sha224'],
    traits: { integrity: 'mac-sha2-other' },
    strict: unsupported,
  },
  'mac-sha384': {
    ...p256,
    options: ['-macalg', 'sha384'],
    traits: { integrity: 'mac-sha2-other' },
    strict: unsupported,
  },
  'mac-sha512': {
    ...p256,
    options: ['-macalg', 'sha512'],
    traits: { integrity: 'mac-sha2-other' },
    strict: unsupported,
  },
  // Iterations.
  nomaciter: { ...p256, options: ['-nomaciter'], notes: 'A MAC of one iteration: the count is left out.' },
  'iter-1': {
    ...p256,
    options: ['-iter', '1', '-nomaciter'],
    traits: { mostIterations: 1 },
    notes: 'As weak as can be, and well-formed.',
  },
  'iter-10000': { ...p256, options: ['-iter', '10000'], traits: { mostIterations: 10_000 } },
  'iter-1500000': {
    ...p256,
    options: ['-iter', '1500000'],
    traits: { mostIterations: 1_500_000 },
    strict: { profile: 'modern', refusal: 'pfx-costly' },
    inspection: 'pfx-costly',
    notes: 'More work than a reader lets a file of others ask for.',
  },
  // What it holds.
  chain: {
    of: 'chain-leaf',
    options: [
      ...['-certfile', 'chain-issuers.crt', '-caname', 'Test vector intermediate'],
      ...['-caname', 'Test vector root'],
    ],
    holds: { keys: ['ECC_NIST_P256'], certificates: 3 },
    notes: 'Each issuer has a friendly name of its own.',
  },
  'key-only': {
    input: ['-nocerts', '-inkey', 'p-256.key', '-name', friendlyName],
    options: [],
    holds: { keys: ['ECC_NIST_P256'], certificates: 0 },
    traits: { certificates: [] },
    strict: unsupported,
    notes: 'No certificate.',
  },
  'certificates-only': {
    input: ['-nokeys', '-in', 'chain.crt'],
    options: [],
    holds: { keys: [], certificates: 3, friendlyName: null },
    traits: { keys: [] },
    strict: noKey,
  },
  'no-name': {
    input: ['-inkey', 'p-256.key', '-in', 'p-256.crt'],
    options: [],
    holds: { keys: ['ECC_NIST_P256'], friendlyName: null },
  },
  'name-scripts': {
    input: ['-inkey', 'p-256.key', '-in', 'p-256.crt', '-name', scripts],
    options: [],
    holds: { keys: ['ECC_NIST_P256'], friendlyName: scripts },
    notes: 'This program takes no character beyond the BMP.',
  },
  csp: {
    options: ['-CSP', 'Microsoft Enhanced RSA and AES Cryptographic Provider', '-LMK'],
    notes: 'Attributes 1.3.6.1.4.1.311.17.1 and, without a value, 1.3.6.1.4.1.311.17.2, for Windows.',
  },
  'password-empty': {
    ...p256,
    options: ['-passout', 'pass:'],
    password: '',
    strict: { profile: 'modern', refusal: 'password-not-ascii' },
    notes: 'OpenSSL takes an empty password for two zero octets, as RFC 7292 appendix B.1 has it.',
  },
};

/** OpenSSL's program. */
export const openssl: Maker = {
  program: 'openssl pkcs12',
  version: async () => (await outputOf('openssl', ['version'])).toString().trim().replace(/ \(.*/, ''),
  make: () => Promise.all(Object.entries(cases).map(([name, one]) => make(name, one))),
};

async function make(name: string, { of = 'rsa-2048', options, input, ...changes }: Case) {
  const file = `openssl-${name}.p12`;
  const parts = input ?? ['-inkey', `${of}.key`, '-in', `${of}.crt`, '-name', friendlyName];
  const secret = changes.password === undefined ? ['-passout', `file:${passwordFile}`] : [];
  const made = await shown('openssl', 'pkcs12', '-export', ...parts, ...secret, ...options, '-out', file);
  return factsOf(file, made, changes);
}
