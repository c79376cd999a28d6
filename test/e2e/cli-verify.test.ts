import { beforeAll, describe, expect, it } from 'vitest';
import { shell } from '#test/unit/cli/shell.ts';

/** PFX files as other programs write them, under a password of these tests, and what `escrow verify` says of them. */
const { run, write, read } = shell();
const password = 'correct-horse-42';
const rsa = 'openssl req -x509 -newkey rsa:2048 -noenc -keyout rsa.key -out rsa.crt -subj /CN=T -days 30';
const weak = 'openssl req -x509 -newkey rsa:1024 -noenc -keyout weak.key -out weak.crt -subj /CN=T -days 30';
const ec = (curve: string, name: string) =>
  `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:${curve} -noenc -keyout ${name}.key -out ${name}.crt -subj /CN=T -days 30`;

/** Runs a line that must end well. */
async function done(line: string, input?: string): Promise<void> {
  const { status, stderr } = await run(line, input);
  if (status !== 0) throw new TypeError(`${line}: ${stderr}`);
}

/** `openssl pkcs12 -export` of a key and certificate of the folder. */
function exported(file: string, key: string, options = ''): Promise<void> {
  const [material, more] = [`-inkey ${key}.key -in ${key}.crt`, options === '' ? '' : ` ${options}`];
  return done(`openssl pkcs12 -export ${material} -passout file:pw -name their-name -out ${file}${more}`);
}

const members = [
  ...['opens', 'code', 'profile', 'iterations', 'key', 'certificate', 'friendlyName', 'problems'],
  ...['encoding', 'integrity', 'encryption', 'guessesASecond'],
  ...['keys', 'certificates', 'chain', 'others', 'strict', 'targets'],
];

/** The verdict as JSON, its exit status held to it. */
async function verdictOf(file: string, passwordFile = 'pw') {
  const line = `escrow verify ${file} --password-file ${passwordFile} --json`;
  const { status, stdout, stderr } = await run(line);
  expect(stderr).toBe('');
  const verdict = JSON.parse(stdout);
  expect(status).toBe(verdict.opens ? 0 : 1);
  expect(Object.keys(verdict).sort()).toEqual([...members].sort());
  for (const problem of verdict.problems) expect(problem).toMatch(/^[A-Z].*\.$/);
  return verdict;
}

const lowIterations = (count: number) =>
  `Its iteration count of ${count} suits a long random passphrase; under a password that a person chose, 250000 is advised.`;
const oldAlgorithms = 'Old algorithms (3DES, SHA-1) protect it, which some systems refuse.';
const oldMac = 'Old algorithms (SHA-1) protect a part of it, which some systems refuse.';
const otherAlgorithms =
  'It is not protected by AES-256 with HMAC-SHA256 throughout, as the files of this service are.';
const each = (count: number) => ({ mac: count, key: count, certificates: count });

beforeAll(async () => {
  write('pw', password);
  await Promise.all([
    done(rsa),
    done(weak),
    done(ec('P-256', 'p256')),
    done(ec('P-384', 'p384')),
    done(ec('P-521', 'p521')),
    done(ec('secp256k1', 'koblitz')),
    done('openssl req -x509 -newkey ed25519 -noenc -keyout ed.key -out ed.crt -subj /CN=T -days 30'),
  ]);
});

describe('escrow verify, of what openssl writes', () => {
  it('by default: opens, with a note on its strength', async () => {
    await exported('default.pfx', 'rsa');
    const { key, ...verdict } = await verdictOf('default.pfx');
    expect(verdict).toMatchObject({
      opens: true,
      code: null,
      profile: 'modern',
      iterations: each(2_048),
      certificate: 'issued',
      friendlyName: 'their-name',
      problems: [lowIterations(2_048)],
      certificates: [{ subject: 'CN=T', selfSigned: true, validity: 'valid', daysLeft: 29 }],
      strict: { ok: true, code: null, why: null },
    });
    const spki = await run('openssl x509 -in rsa.crt -noout -pubkey');
    write('spki.pem', spki.stdout);
    await done('openssl pkey -pubin -in spki.pem -outform DER -out spki.der');
    const digest = await run('sha256sum spki.der');
    expect(key).toEqual({ spec: 'RSA_2048', spkiSha256: digest.stdout.slice(0, 64) });
  });

  it('under as many iterations as this service: without a note', async () => {
    await exported('strong.pfx', 'rsa', '-iter 250000');
    expect(await verdictOf('strong.pfx')).toMatchObject({ iterations: each(250_000), problems: [] });
  });

  it.each([
    ['p256', 'ECC_NIST_P256'],
    ['p384', 'ECC_NIST_P384'],
    ['p521', 'ECC_NIST_P521'],
  ])('with an EC key: %s', async (key, spec) => {
    await exported(`${key}.pfx`, key, '-iter 250000');
    expect(await verdictOf(`${key}.pfx`)).toMatchObject({ opens: true, key: { spec }, problems: [] });
  });

  it.each([
    ['triple-DES', '-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1', 'compatible', oldAlgorithms],
    ['AES-128', '-keypbe AES-128-CBC -certpbe AES-128-CBC', 'other', otherAlgorithms],
    ['a SHA-1 MAC', '-macalg sha1', 'other', oldMac, otherAlgorithms],
  ])('with %s: opens, with a note', async (name, options, profile, ...notes) => {
    await exported(`${name.replaceAll(' ', '-')}.pfx`, 'rsa', options);
    const verdict = await verdictOf(`${name.replaceAll(' ', '-')}.pfx`);
    expect(verdict).toMatchObject({ opens: true, profile, problems: [...notes, lowIterations(2_048)] });
  });

  it('without a certificate: opens, counts no derivation that there is none of', async () => {
    await exported('bare.pfx', 'rsa', '-nocerts -iter 250000');
    expect(await verdictOf('bare.pfx')).toMatchObject({
      opens: true,
      profile: 'modern',
      iterations: { mac: 250_000, key: 250_000, certificates: 0 },
      certificate: 'none',
      problems: ['It holds no certificate: most programs import a key only together with one.'],
    });
  });

  it('with a key that is too weak: opens, and says so', async () => {
    await exported('weak.pfx', 'weak', '-iter 250000');
    expect(await verdictOf('weak.pfx')).toMatchObject({
      opens: true,
      code: null,
      key: { spec: null, spkiSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      keys: [{ kind: 'RSA of 1024 bits', state: 'works' }],
      problems: ['Its key is weaker than this service makes, or of another kind.'],
      strict: {
        ok: false,
        code: 'proof-failed',
        why: 'OpenSSL opens it, and refuses it for TLS: its key or its signature is too weak.',
      },
    });
  });

  it.each([
    ['RC2', '-legacy', 'pfx-unsupported', 'A key of 40 bits encrypts a part of it'],
    ['no MAC', '-nomac', 'pfx-no-mac', 'It has no MAC, so nobody can tell whether it was changed.'],
    ['the key in clear', '-keypbe NONE', 'pfx-unprotected', 'Its private key is not encrypted'],
    ['certificates in clear', '-certpbe NONE', 'pfx-unprotected', 'Its certificates are not encrypted'],
  ])('with %s: opens, with a note, and is no backup', async (name, options, code, why) => {
    const file = `${name.replaceAll(' ', '-')}.pfx`;
    await exported(file, 'rsa', options);
    const { problems, ...verdict } = await verdictOf(file);
    expect(verdict).toMatchObject({ opens: true, code: null, profile: 'other', strict: { ok: false, code } });
    expect(problems).toContainEqual(expect.stringContaining(why));
  });

  it.each([
    ['no key', 'rsa', '-nokeys', 'pfx-key-count', 'It holds no private key'],
    ['an Ed25519 key', 'ed', '', 'pfx-unsupported', 'neither RSA of two primes nor EC on P-256'],
    ['a key on another curve', 'koblitz', '', 'pfx-unsupported', 'nor EC on P-256, P-384 or P-521'],
  ])('with %s: opens, is of no use, and says why', async (name, key, options, code, why) => {
    const file = `${name.replaceAll(' ', '-')}.pfx`;
    await exported(file, key, options);
    const { problems, ...verdict } = await verdictOf(file);
    expect(verdict).toMatchObject({ opens: false, code, profile: 'modern', key: null });
    expect(verdict.certificates).toMatchObject([{ subject: 'CN=T', hasKey: false }]);
    expect(problems[0]).toContain(why);
  });

  it('with too many iterations: does not open, and says why', async () => {
    await exported('costly.pfx', 'rsa', '-iter 1400001');
    const { problems, ...verdict } = await verdictOf('costly.pfx');
    expect(verdict).toMatchObject({ opens: false, code: 'pfx-costly', profile: null, targets: [] });
    expect(problems).toEqual([expect.stringContaining('more key-derivation work')]);
  });

  it('with more iterations than one waits for without wondering: says so before', async () => {
    await exported('slow.pfx', 'rsa', '-iter 1000000');
    const { status, stderr } = await run('escrow verify slow.pfx --password-file pw');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'The file asks for 3,000,000 iterations: that takes a moment.\n',
    });
  });

  it.each([
    ['an empty password', '', 'No password is set on it: whoever has the file has what is in it.'],
    ['a password beyond ASCII', 'pässwörd', lowIterations(2_048)],
  ])('under %s: opens with it, and with no other', async (_, other, why) => {
    write('their-pw', `${other}\n`);
    await done('openssl pkcs12 -export -inkey rsa.key -in rsa.crt -passout file:their-pw -out theirs.pfx');
    expect(await verdictOf('theirs.pfx')).toMatchObject({ code: 'pfx-wrong-password-or-damaged' });
    expect(await verdictOf('theirs.pfx', 'their-pw')).toMatchObject({
      opens: true,
      strict: { ok: false, code: 'password-not-ascii' },
      problems: expect.arrayContaining([why]),
    });
  });

  it('as a chain: says whether it is in its order', async () => {
    await done('openssl req -newkey rsa:2048 -noenc -keyout leaf.key -out leaf.csr -subj /CN=Leaf');
    await done('openssl x509 -req -in leaf.csr -CA rsa.crt -CAkey rsa.key -days 20 -out leaf.crt');
    await exported('chain.pfx', 'leaf', '-certfile rsa.crt -iter 250000');
    expect(await verdictOf('chain.pfx')).toMatchObject({
      opens: true,
      certificates: [
        { subject: 'CN=Leaf', issuer: 'CN=T', selfSigned: false, hasKey: true },
        { subject: 'CN=T', selfSigned: true, hasKey: false },
      ],
      chain: { inOrder: true, complete: true, missing: null, unrelated: 0 },
      problems: [],
    });
  });
});

describe('escrow verify, of a certificate that is not in order', () => {
  const configuration = `
    [ca]
    default_ca = this
    [this]
    database = index.txt
    serial = serial.txt
    new_certs_dir = .
    default_md = sha256
    policy = any
    [any]
    CN = supplied
    [signs-certificates]
    keyUsage = critical,keyCertSign
    extendedKeyUsage = codeSigning
    [is-a-ca]
    basicConstraints = critical,CA:TRUE
  `;

  /** A certificate of the RSA key, as a CA writes it that does as it is told. */
  async function certify(options: string): Promise<void> {
    write('ca.cnf', configuration);
    write('index.txt', '');
    write('serial.txt', '01\n');
    await done('openssl req -new -key rsa.key -subj /CN=T -out odd.csr');
    await done(
      `openssl ca -config ca.cnf -selfsign -keyfile rsa.key -in odd.csr -out odd.crt -batch ${options}`,
    );
    write('odd.key', read('rsa.key'));
    await exported('odd.pfx', 'odd', '-iter 250000');
  }

  it.each([
    [
      'that has expired',
      '-startdate 20200101000000Z -enddate 20210101000000Z',
      ['Its certificate expired on 2021-01-01; the key works nevertheless.'],
    ],
    [
      'that is not valid yet',
      '-startdate 20450101000000Z -enddate 20460101000000Z',
      ['Its certificate is not valid before 2045-01-01.'],
    ],
    ['with a key usage for other things', '-days 30 -extensions signs-certificates', []],
    ['of a CA', '-days 30 -extensions is-a-ca', []],
  ])('one %s: opens, its key works', async (_, options, problems) => {
    await certify(options);
    expect(await verdictOf('odd.pfx')).toMatchObject({ opens: true, certificate: 'issued', problems });
  });
});

describe('escrow verify, of what others write', () => {
  it('keytool: opens', async () => {
    const made = '-keystore java.p12 -storetype PKCS12 -storepass:file pw -dname CN=T';
    await done(`keytool -genkeypair ${made} -alias theirs -keyalg RSA -keysize 2048`);
    expect(await verdictOf('java.p12')).toMatchObject({
      opens: true,
      key: { spec: 'RSA_2048' },
      certificate: 'issued',
      friendlyName: 'theirs',
    });
    await done(`keytool -genkeypair ${made} -alias second -keyalg EC -groupname secp256r1`);
    expect(await verdictOf('java.p12')).toMatchObject({
      opens: true,
      keys: [{ state: 'works' }, { state: 'works' }],
      strict: { ok: false, code: 'pfx-key-count' },
    });
  });

  it('pk12util: opens', async () => {
    await exported('for-nss.pfx', 'rsa');
    await done('mkdir nss');
    await done('certutil -N -d sql:nss --empty-password');
    await done('pk12util -i for-nss.pfx -d sql:nss -w pw -K ');
    await done('pk12util -o nss.p12 -n their-name -d sql:nss -w pw -K ');
    expect(await verdictOf('nss.p12')).toMatchObject({ opens: true, friendlyName: 'their-name' });
  });

  it('certtool: opens', async () => {
    // Its prompt reads no pipe, and this password guards nothing.
    const made = `--to-p12 --load-privkey p256.key --load-certificate p256.crt --p12-name theirs --password ${password}`;
    await done(`certtool ${made} --outder --outfile gnutls.p12`);
    expect(await verdictOf('gnutls.p12')).toMatchObject({
      opens: true,
      key: { spec: 'ECC_NIST_P256' },
      friendlyName: 'theirs',
    });
  });
});
