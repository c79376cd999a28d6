import { createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWithOpenssl, spkiOf } from '#test/support/pfx-tools.ts';
import { outputOf } from '#test/support/program.ts';
import { shell } from '#test/unit/cli/shell.ts';

/** Files that other programs wrote, converted, and opened by other programs again. */
const { run, write, read, path, list } = shell();
const password = 'correct-horse-42';

/** Runs a line that must end well. @returns what it printed */
async function done(line: string): Promise<string> {
  const { status, stdout, stderr } = await run(line);
  if (status !== 0) throw new TypeError(`${line}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  write('pw', password);
  await done('openssl req -x509 -newkey rsa:2048 -noenc -keyout ca.key -out ca.crt -subj /CN=CA -days 30');
  await done('openssl req -newkey rsa:2048 -noenc -keyout rsa.key -out rsa.csr -subj /O=Example/CN=Lund,Eva');
  await done('openssl x509 -req -in rsa.csr -CA ca.crt -CAkey ca.key -days 20 -out rsa.crt');
  const out = '-noenc -keyout ec.key -out ec.crt -subj /CN=E -days 30';
  await done(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 ${out}`);
  await done('openssl req -x509 -newkey rsa:1024 -noenc -keyout weak.key -out weak.crt -subj /CN=W -days 30');
  const exporting = 'openssl pkcs12 -export -passout file:pw';
  const ofRsa = '-inkey rsa.key -in rsa.crt -certfile ca.crt';
  await done(`${exporting} ${ofRsa} -out default.pfx`);
  await done(`${exporting} ${ofRsa} -legacy -name legacy -out legacy.p12`);
  await done(`${exporting} ${ofRsa} -nomac -certpbe NONE -out bare.pfx`);
  await done(`${exporting} -inkey ec.key -in ec.crt -name ec -out ec.pfx`);
  await done(`${exporting} -inkey weak.key -in weak.crt -out weak.pfx`);
  const keystore = '-keystore java.p12 -storetype PKCS12 -storepass:file pw -dname CN=J';
  await done(`keytool -genkeypair ${keystore} -alias theirs -keyalg EC -groupname secp256r1`);
});

const sources = ['default.pfx', 'legacy.p12', 'bare.pfx', 'ec.pfx', 'java.p12'];

/** Converts a file to a name of its own. @returns that name, and what `--json` told */
async function converted(source: string, profile: string) {
  const name = `${source}-${profile}`;
  const more =
    profile === 'compatible' ? `--generated-password-out ${name}.pw` : `--file-password-file ${name}.pw`;
  if (profile !== 'compatible') write(`${name}.pw`, 'Reiher am Weiher 9\n');
  const line = `escrow convert ${source} --profile ${profile} --password-file pw --out ${name}.pfx --json`;
  const told = JSON.parse(await done(`${line} ${more}`));
  const own = read(`${name}.pw`).toString().trim();
  return { file: `${name}.pfx`, own, told };
}

/** The SPKI of a file's key as `escrow verify` tells it, the file being what it is said to be. */
async function verified(file: string, passwordFile: string, profile: string): Promise<string> {
  const verdict = JSON.parse(await done(`escrow verify ${file} --password-file ${passwordFile} --json`));
  expect(verdict).toMatchObject({ opens: true, profile, strict: { ok: true }, keys: [{ state: 'works' }] });
  return verdict.key.spkiSha256;
}

describe.each(sources)('escrow convert %s', (source) => {
  it.each(['modern', 'compatible'])('to %s: opens in the openssl program and in Java', async (profile) => {
    const { file, own, told } = await converted(source, profile);
    const { privateKey, certificates } = await opened(file, own);
    expect(certificates).toBe(told.certificates);
    expect(await verified(file, `${source}-${profile}.pw`, profile)).toBe(told.key.spkiSha256);
    const digest = await outputOf('openssl', ['dgst', '-sha256', '-r'], privateKey);
    expect(digest.toString()).toContain(told.key.spkiSha256);
    const store = ['-list', '-keystore', path(file), '-storepass:file', path(`${source}-${profile}.pw`)];
    expect((await outputOf('keytool', store)).toString()).toContain('PrivateKeyEntry');
  });

  it('to pbmac1: opens in the OpenSSL of Node, under its password alone', async () => {
    const { file, own, told } = await converted(source, 'pbmac1');
    expect(() => createSecureContext({ pfx: read(file), passphrase: own })).not.toThrow();
    expect(() => createSecureContext({ pfx: read(file), passphrase: password })).toThrow();
    expect(await verified(file, `${source}-pbmac1.pw`, 'pbmac1')).toBe(told.key.spkiSha256);
  });
});

/** By the openssl program: the SPKI of the private key, and how many certificates there are. */
async function opened(file: string, own: string) {
  const args = ['pkcs12', '-in', path(file), '-passin', 'stdin', '-noenc'];
  const pem = (await outputOf('openssl', args, own)).toString();
  const spki = await outputOf('openssl', ['pkey', '-pubout', '-outform', 'DER'], pem);
  return { privateKey: spki, certificates: pem.match(/-----BEGIN CERTIFICATE-----/g)?.length };
}

describe('escrow convert', () => {
  it('keeps the chain, and names what has no name after its certificate', async () => {
    const line =
      'escrow convert default.pfx --profile modern --password-file pw --same-password --out chain.pfx';
    const told = JSON.parse(await done(`${line} --json`));
    expect(told).toMatchObject({ certificates: 2, friendlyName: 'Lund,Eva', notes: [] });
    const verdict = JSON.parse(await done('escrow verify chain.pfx --password-file pw --json'));
    expect(verdict.chain).toMatchObject({ inOrder: true, complete: true, unrelated: 0 });
  });

  it('gives an old Windows what the old Windows takes, and says so', async () => {
    const line =
      'escrow convert ec.pfx --for windows-server-2016 --password-file pw --generated-password-out w.pw';
    const { status, stdout, stderr } = await run(line);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ec.windows-server-2016.pfx\n' });
    expect(stderr).toMatch(/^For Windows Server 2016 the file is compatible, /);
    expect(stderr).toMatch(/\n {2}yes +Windows Server 2016\n/);
    const { privateKey, certificate } = await openWithOpenssl(
      path('ec.windows-server-2016.pfx'),
      read('w.pw'),
    );
    expect(spkiOf(certificate.publicKey)).toEqual(spkiOf(privateKey));
  });

  it('says what the old file lacked', async () => {
    const line =
      'escrow convert bare.pfx --profile modern --password-file pw --same-password --out whole.pfx';
    const { status, stderr } = await run(line);
    expect(status).toBe(0);
    expect(stderr).toContain(
      'The old file had no MAC: nobody can tell whether it was changed before it was converted.\n',
    );
    expect(stderr).toContain('The certificates of the old file were not encrypted.\n');
  });

  it.each([
    ['weak.pfx', 'its key or its signature is too weak', 'proof-failed'],
    ['ca.crt', 'This is a certificate in PEM, not a PFX', 'pfx-malformed'],
  ])('writes nothing of %s', async (source, why, code) => {
    const before = list();
    const line = `escrow convert ${source} --profile modern --password-file pw --same-password --out no.pfx`;
    const { status, stdout, stderr } = await run(line);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr).toContain(`(${code})`);
    expect(list()).toEqual(before);
  });
});
