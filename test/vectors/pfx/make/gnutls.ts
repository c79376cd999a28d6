import { outputOf } from '#test/support/program.ts';
import { type Changes, factsOf, friendlyName, type Maker, password, shown, unsupported } from './maker.ts';

const both = (way: 'pbes2-aes' | 'pbes2-other' | 'sha1-triple-des' | 'sha1-rc2-40') => ({
  keys: [way],
  certificates: [way],
});
const otherAes = both('pbes2-aes');

interface Case extends Changes {
  of?: string;
  certificates?: string;
  name?: string;
  options: string[];
}

const scripts = 'Zoë 署名 🔑';

const cases: Record<string, Case> = {
  default: { options: [], traits: otherAes, strict: unsupported, notes: 'AES-128.' },
  'aes-256': { options: ['--pkcs-cipher', 'aes-256'], notes: 'The MAC has a salt of 8 bytes.' },
  'aes-192': { options: ['--pkcs-cipher', 'aes-192'], traits: otherAes, strict: unsupported },
  '3des': {
    options: ['--pkcs-cipher', '3des'],
    traits: both('pbes2-other'),
    strict: unsupported,
    notes: 'Triple DES under PBES2, not under the scheme of PKCS#12.',
  },
  '3des-pkcs12': {
    options: ['--pkcs-cipher', '3des-pkcs12', '--hash', 'sha1'],
    traits: { ...both('sha1-triple-des'), integrity: 'mac-sha1' },
    strict: { profile: 'compatible', refusal: 'pfx-costly' },
    notes:
      'The algorithms of the profile compatible. Each key takes three derivations of 600,000 iterations.',
  },
  'rc2-40': {
    options: ['--pkcs-cipher', 'rc2-40'],
    traits: both('sha1-rc2-40'),
    strict: unsupported,
    openssl3: 'opens -legacy',
  },
  chain: {
    of: 'chain-leaf',
    certificates: 'chain.crt',
    options: ['--pkcs-cipher', 'aes-256'],
    holds: { keys: ['ECC_NIST_P256'], certificates: 3 },
  },
  'name-octets': {
    of: 'p-256',
    name: scripts,
    options: ['--pkcs-cipher', 'aes-256'],
    holds: { keys: ['ECC_NIST_P256'], friendlyName: Buffer.from(scripts).toString('latin1') },
    notes: 'This version writes each octet of a name in UTF-8 as a character of its own.',
  },
};

/** GnuTLS's program. It takes the password as an option only. */
export const gnutls: Maker = {
  program: 'certtool',
  version: async () => {
    const [first = ''] = (await outputOf('certtool', ['--version'])).toString().split('\n');
    return `GnuTLS ${first.replace('certtool ', '')}`;
  },
  make: () => Promise.all(Object.entries(cases).map(([variant, one]) => make(variant, one))),
};

async function make(variant: string, one: Case) {
  const { of = 'rsa-2048', certificates = `${of}.crt`, name = friendlyName, options, ...changes } = one;
  const file = `gnutls-${variant}.p12`;
  const made = await shown(
    ...['certtool', '--to-p12', '--load-privkey', `${of}.key`, '--load-certificate', certificates],
    ...['--p12-name', name, '--password', password, '--outder', '--outfile', file, ...options],
  );
  return factsOf(file, made, { ...changes, traits: { mostIterations: 600_000, ...changes.traits } });
}
