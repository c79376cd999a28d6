import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compactVerify, createLocalJWKSet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { demoFolders, present, readSummary, runDemo, type SummaryEntry } from '#test/support/demo.ts';
import { openWithOpenssl, pemBlock, spkiOf, spkiOfCsr } from '#test/support/pfx-tools.ts';
import { outputOf, type Ran, runProgram } from '#test/support/program.ts';
import { unsealed } from '#test/support/recovered.ts';

const folders = demoFolders();
const { out, root } = folders;
/** Of the right length and kind, and of no file. */
const wrongPassword = join(root, 'wrong.txt');

/** One exported file, and the public key that its certificate request asks for. */
interface Exported {
  pfx: string;
  /** The file that holds the password. */
  password: string;
  label: string;
  spki: Buffer;
}

let summary: SummaryEntry[];
let exported: Exported[];

beforeAll(async () => {
  expect((await runDemo(folders)).status).toBe(0);
  summary = await readSummary(out);
  writeFileSync(wrongPassword, 'aaaa-bbbb-cccc-dddd-eeee-ffff', { mode: 0o600 });
  exported = await Promise.all(
    summary
      .filter(({ files }) => files.pfx !== undefined)
      .map(async ({ files, label }) => ({
        pfx: join(out, present(files.pfx)),
        password: join(out, present(files.password)),
        label,
        spki: await spkiOfCsr(join(out, files.csr)),
      })),
  );
  expect(exported).toHaveLength(16);
});

/** Tries every exported file, two at a time, as the machine has cores. */
async function ofEach(work: (file: Exported) => Promise<void>): Promise<void> {
  const waiting = [...exported];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all([worker(), worker()]);
}

/** That a program refused a file, for its password. */
function expectRefused({ status, stdout, stderr }: Ran, why: RegExp): void {
  expect(status).not.toBe(0);
  expect(stdout.toString() + stderr).toMatch(why);
  expect(stdout.toString()).not.toContain('BEGIN PRIVATE KEY');
}

describe('each file that a demo exports', () => {
  it('opens in openssl with its password, to the key of its request, and not with another', () =>
    ofEach(async ({ pfx, password, spki }) => {
      const { privateKey, certificate } = await openWithOpenssl(pfx, readFileSync(password));
      expect(spkiOf(privateKey)).toEqual(spki);
      expect(spkiOf(certificate.publicKey)).toEqual(spki);
      const refused = await runProgram(
        'openssl',
        ['pkcs12', '-in', pfx, '-passin', 'stdin', '-noenc'],
        readFileSync(wrongPassword),
      );
      expectRefused(refused, /invalid password/);
    }));

  it('is imported by NSS with its password, key and certificate, and not with another', () =>
    ofEach(async ({ pfx, password, label, spki }) => {
      const database = join(root, `nss-${basename(pfx)}-${spki.toString('hex', 50, 58)}`);
      mkdirSync(database);
      await outputOf('certutil', ['-N', '-d', database, '--empty-password']);
      const refused = await runProgram('pk12util', ['-i', pfx, '-d', database, '-w', wrongPassword]);
      expectRefused(refused, /SEC_ERROR_BAD_PASSWORD/);
      expect((await runProgram('certutil', ['-K', '-d', database])).stdout.toString()).not.toContain(label);
      await outputOf('pk12util', ['-i', pfx, '-d', database, '-w', password]);
      const keys = (await outputOf('certutil', ['-K', '-d', database])).toString();
      const nickname = present(new RegExp(`${label} \\w{8}`).exec(keys)?.[0]);
      const pem = await outputOf('certutil', ['-L', '-d', database, '-n', nickname, '-a']);
      expect(spkiOf(new X509Certificate(pem).publicKey)).toEqual(spki);
    }));

  it('opens in GnuTLS with its password, to the key of its request, and not with another', () =>
    ofEach(async ({ pfx, password, spki }) => {
      const info = ['--p12-info', '--inder', '--infile', pfx];
      const opened = await outputOf('certtool', info, readFileSync(password));
      const shrouded = `${pfx}.key.pem`;
      writeFileSync(shrouded, pemBlock(opened.toString(), 'ENCRYPTED PRIVATE KEY'));
      const publicKey = await outputOf(
        'certtool',
        ['--pubkey-info', '--load-privkey', shrouded],
        readFileSync(password),
      );
      expect(spkiOf(createPublicKey(pemBlock(publicKey.toString(), 'PUBLIC KEY')))).toEqual(spki);
      const refused = await runProgram('certtool', info, readFileSync(wrongPassword));
      expectRefused(refused, /password|MAC|verif|decrypt/i);
      expect(refused.stdout.toString()).not.toContain('BEGIN CERTIFICATE');
    }));

  it('opens in Java with its password, signs there with the key of its request, and not with another', () =>
    ofEach(async ({ pfx, password, label, spki }) => {
      const store = ['-keystore', pfx, '-storetype', 'PKCS12', '-storepass:file'];
      // A Java keystore holds aliases in lower case.
      const alias = `${label} ${shortIdIn(pfx)}`.toLowerCase();
      const request = await outputOf('keytool', ['-certreq', '-alias', alias, ...store, password]);
      const publicKey = await outputOf('openssl', ['req', '-verify', '-noout', '-pubkey'], request);
      expect(spkiOf(createPublicKey(publicKey))).toEqual(spki);
      const refused = await runProgram('keytool', ['-list', ...store, wrongPassword]);
      expectRefused(refused, /password was incorrect/);
    }));
});

/** What tells a subscriber's keys apart in friendly names: the beginning of the enrollment's id. */
function shortIdIn(pfx: string): string {
  const entry = summary.find(({ files }) => files.pfx !== undefined && pfx === join(out, files.pfx));
  return present(entry).enrollmentId.slice('enr_'.length, 'enr_'.length + 8);
}

describe('each backup that a demo escrows', () => {
  it('opens with the recovery key, jose and openssl, to the key of the request, as its receipt says', async () => {
    const jwks = createLocalJWKSet(JSON.parse(readFileSync(join(out, 'jwks.json'), 'utf8')));
    const encryption = summary.filter(({ purpose }) => purpose === 'encryption');
    expect(encryption).toHaveLength(9);
    for (const entry of encryption) {
      const escrow = present(entry.escrow);
      const pfx = join(out, escrow.pfx);
      const content = await unsealed(out, entry);
      const { privateKey } = await openWithOpenssl(pfx, content.passphrase);
      expect(spkiOf(privateKey)).toEqual(await spkiOfCsr(join(out, entry.files.csr)));
      const { payload } = await compactVerify(readFileSync(join(out, escrow.receipt)), jwks);
      const pfxSha256 = createHash('sha256').update(readFileSync(pfx)).digest('hex');
      const { enrollmentId } = entry;
      const { backupId, objectVersion } = escrow;
      const bound = { organization: 'example', enrollmentId, backupId, pfxSha256 };
      expect(content).toEqual({ passphrase: expect.stringMatching(/^[\w-]{43}$/), ...bound });
      expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ ...bound, objectVersion });
      const refused = ['pkcs12', '-in', pfx, '-passin', 'stdin', '-noenc'];
      expectRefused(await runProgram('openssl', refused, readFileSync(wrongPassword)), /invalid password/);
    }
  });

  it('is another file than the own copy, of the same key', () => {
    for (const { files, escrow } of summary) {
      if (escrow === undefined) continue;
      const [own, escrowed] = [present(files.pfx), escrow.pfx].map((path) => readFileSync(join(out, path)));
      expect(own).not.toEqual(escrowed);
    }
  });
});
