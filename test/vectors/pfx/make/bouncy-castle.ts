import { fileURLToPath } from 'node:url';
import { type Changes, debianVersion, factsOf, inTurn, type Maker, passwordFile, shown } from './maker.ts';

const jar = '/usr/share/java/bcprov.jar';
const program = fileURLToPath(new URL('BouncyCastle.java', import.meta.url));
const source = 'for-bouncy-castle.pfx';
const alias = 'caencryption_keypair';

const rc2 = { keys: ['sha1-triple-des'], certificates: ['sha1-rc2-40'] } satisfies Changes['traits'];
const tripleDes = {
  keys: ['sha1-triple-des'],
  certificates: ['sha1-triple-des'],
} satisfies Changes['traits'];

const cases: Record<string, Changes & { type: string; encoding: 'BER' | 'DER' }> = {
  default: {
    type: 'PKCS12',
    encoding: 'BER',
    traits: rc2,
    strict: { profile: 'compatible', refusal: 'pfx-malformed' },
    openssl3: 'opens -legacy',
    notes: 'BER with indefinite lengths, as this library writes unless told otherwise.',
  },
  der: {
    type: 'PKCS12',
    encoding: 'DER',
    traits: rc2,
    strict: { profile: 'compatible', refusal: 'pfx-unsupported' },
    openssl3: 'opens -legacy',
  },
  '3des': {
    type: 'PKCS12-3DES-3DES',
    encoding: 'BER',
    traits: tripleDes,
    strict: { profile: 'compatible', refusal: 'pfx-malformed' },
  },
  '3des-der': {
    type: 'PKCS12-3DES-3DES',
    encoding: 'DER',
    traits: tripleDes,
    strict: { profile: 'compatible', refusal: null },
  },
};

/** Bouncy Castle, which many CAs are made with. It needs the package libbcprov-java and a JDK. */
export const bouncyCastle: Maker = {
  program: 'Bouncy Castle, by BouncyCastle.java',
  version: () => debianVersion('libbcprov-java'),
  make: async () => {
    await shown(
      ...['openssl', 'pkcs12', '-export', '-inkey', 'rsa-2048.key', '-in', 'rsa-2048.crt'],
      ...['-name', alias, '-passout', `file:${passwordFile}`, '-out', source],
    );
    return inTurn(Object.entries(cases), ([name, one]) => make(name, one));
  },
};

async function make(name: string, { type, traits, ...changes }: (typeof cases)[string]) {
  const file = `bouncy-castle-${name}.p12`;
  const args = [source, passwordFile, type, changes.encoding, file];
  const made = await shown('java', '-cp', jar, program, ...args);
  return factsOf(file, made.replace(program, 'BouncyCastle.java'), {
    ...changes,
    holds: { friendlyName: alias },
    traits: { integrity: 'mac-sha1', mostIterations: 102_400, ...traits },
  });
}
