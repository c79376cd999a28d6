import { runProgram } from '#test/support/program.ts';
import {
  type Changes,
  factsOf,
  inTurn,
  type Maker,
  passwordFile,
  shown,
  shownFailing,
  unsupported,
} from './maker.ts';

const alias = 'caencryption_keypair';
const dname = ['-dname', 'O=Test vectors,CN=java', '-validity', '7300'];
const emoji = 'zoë ωμέγα 署名 🔑';
const keyPair = ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', ...dname];
const p256 = [...keyPair, '-alias', alias];
const second = ['-genkeypair', '-alias', 'second', '-keyalg', 'RSA', '-keysize', '2048', ...dname];
const secret = ['-genseckey', '-alias', 'secret', '-keyalg', 'AES', '-keysize', '256'];
const trusted = ['-importcert', '-noprompt', '-alias', 'trusted', '-file', 'chain-root.crt'];
const noKey = { profile: 'modern', refusal: 'pfx-key-count' } as const;
const old = {
  traits: {
    keys: ['sha1-triple-des'],
    certificates: ['sha1-rc2-40'],
    integrity: 'mac-sha1',
    mostIterations: 100_000,
  },
  strict: { profile: 'compatible', refusal: 'pfx-unsupported' },
  openssl3: 'opens -legacy',
} satisfies Changes;

const cases: Record<string, Changes & { calls: string[][]; failing?: true }> = {
  default: { calls: [p256] },
  '8-defaults': {
    calls: [[...p256, '-J-Dkeystore.pkcs12.legacy']],
    ...old,
    notes: 'What Java 8 writes by default, by the property of Java 17 that stands for it.',
  },
  'mac-sha512': {
    calls: [[...p256, '-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA512']],
    traits: { integrity: 'mac-sha2-other' },
    strict: unsupported,
  },
  'mac-none': {
    calls: [[...p256, '-J-Dkeystore.pkcs12.macAlgorithm=NONE']],
    traits: { integrity: 'none' },
    strict: { profile: 'modern', refusal: 'pfx-no-mac' },
  },
  'mac-odd': {
    calls: [[...p256, '-J-Dkeystore.pkcs12.macAlgorithm=PBEWithHmacSHA256']],
    failing: true,
    traits: { integrity: 'other' },
    strict: unsupported,
    inspection: 'pfx-unsupported',
    openssl3: 'refuses',
    notes:
      'Later Javas write PBMAC1 under this name; 17 writes a MAC whose digest is hmacWithSHA256, which it cannot read itself.',
  },
  'certificates-in-clear': {
    calls: [[...p256, '-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE']],
    traits: { certificates: ['none'] },
    strict: { profile: 'modern', refusal: 'pfx-unprotected' },
  },
  'trusted-certificate': {
    calls: [trusted],
    holds: { keys: [], friendlyName: null },
    traits: { keys: [] },
    strict: noKey,
    notes: 'The certificate has the attribute 2.16.840.1.113894.746875.1.1, trusted key usage.',
  },
  'two-keys': {
    calls: [p256, second],
    holds: { keys: ['ECC_NIST_P256', 'RSA_2048'], certificates: 2 },
    strict: noKey,
  },
  'secret-key': {
    calls: [p256, secret],
    holds: { others: ['a secret'] },
    strict: { profile: 'modern', refusal: 'pfx-foreign-content' },
    notes: 'A secret bag beside a private key.',
  },
  'name-emoji': {
    calls: [[...keyPair, '-alias', emoji]],
    holds: { friendlyName: emoji },
    notes: 'The last character stands as a surrogate pair in the BMPString.',
  },
};

/** Java's program. A keystore holds names in lower case, and MACs have salts of 20 bytes. */
export const java: Maker = {
  program: 'keytool',
  version: async () => {
    const { stderr } = await runProgram('java', ['-version']);
    return /Runtime Environment \(build ([^)]*)\)/.exec(stderr)?.[1] ?? stderr;
  },
  make: async () => {
    return inTurn(Object.entries(cases), ([name, one]) => make(name, one));
  },
};

async function make(name: string, { calls, failing, holds, traits, ...changes }: (typeof cases)[string]) {
  const file = `java-${name}.p12`;
  const commands: string[] = [];
  const store = ['-keystore', file, '-storetype', 'PKCS12', '-storepass:file', passwordFile];
  const run = failing ? shownFailing : shown;
  for (const call of calls) {
    commands.push(await run('env', 'LC_ALL=C.UTF-8', 'keytool', ...call, ...store));
  }
  return factsOf(file, commands.join(' && '), {
    ...changes,
    holds: { keys: ['ECC_NIST_P256'], friendlyName: alias, ...holds },
    traits: { mostIterations: 10_000, ...traits },
  });
}
