import { createHash, type X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DemoRun,
  demoFolders,
  filesUnder,
  present,
  readSummary,
  runDemo,
  type SummaryEntry,
} from '#test/support/demo.ts';
import { demoLedgerReport } from '#test/support/demo-ledger.ts';
import { derOf, openWithOpenssl, spkiOf, spkiOfCsr } from '#test/support/pfx-tools.ts';
import { outputOf } from '#test/support/program.ts';

const folders = demoFolders();
const { out } = folders;
let first: DemoRun;
let summary: SummaryEntry[];

beforeAll(async () => {
  first = await runDemo(folders, '--json');
  summary = await readSummary(out);
});

/** What the list asks for, in its order: subscriber, family name, the name files begin with, purpose, key spec. */
const wanted = [
  ['ada.obrien', "O'Brien", 'obrien', 'identity', 'RSA_2048'],
  ['ada.obrien', "O'Brien", 'obrien', 'encryption', 'RSA_2048'],
  ['jan.vandenberg', 'van den Berg', 'vandenberg', 'identity', 'ECC_NIST_P256'],
  ['jan.vandenberg', 'van den Berg', 'vandenberg', 'encryption', 'ECC_NIST_P256'],
  ['marie.curie', 'Skłodowska-Curie', 'skłodowska-curie', 'encryption', 'ECC_NIST_P384'],
  ['eleni.pap', 'Παπαδοπούλου', 'παπαδοπούλου', 'identity', 'ECC_NIST_P256'],
  ['wang.wei', '王', '王', 'identity', 'RSA_2048'],
  ['wang.wei', '王', '王', 'encryption', 'RSA_2048'],
  ['jose.nunez', 'Núñez', 'núñez', 'identity', 'RSA_3072'],
  ['anna.miller', 'Miller', 'miller', 'identity', 'ECC_NIST_P384'],
  ['anna.miller', 'Miller', 'miller', 'encryption', 'ECC_NIST_P384'],
  ['ben.miller', 'Miller', 'miller', 'encryption', 'RSA_2048'],
  ['col.hayes', 'Hayes', 'hayes', 'identity', 'ECC_NIST_P256'],
  ['col.hayes', 'Hayes', 'hayes', 'encryption', 'ECC_NIST_P256'],
  ['dev.gateway-01', 'Mail Gateway 01', 'mailgateway01', 'encryption', 'RSA_3072'],
  ['dev.signer-02', 'Signer 02, Building "C"', 'signer02buildingc', 'identity', 'ECC_NIST_P384'],
  ['omar.haddad', 'al-Haddad', 'al-haddad', 'identity', 'RSA_2048'],
  ['sofia.deluca', 'De Luca', 'deluca', 'encryption', 'ECC_NIST_P256'],
].map(([subscriberId = '', familyName = '', base = '', purpose = '', keySpec = '']) => {
  const suffix = purpose === 'identity' ? 'ID' : 'EN';
  return {
    subscriberId,
    familyName: familyName.normalize('NFC'),
    purpose,
    keySpec,
    stem: `${subscriberId}/${base.normalize('NFC')}_Enroll_${suffix}`,
    // Identity at medium-hardware, and nothing else.
    exportable: !['col.hayes identity', 'dev.signer-02 identity'].includes(`${subscriberId} ${purpose}`),
  };
});

const inOut = (path: string) => join(out, path);
const read = (path: string) => readFileSync(inOut(path));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const modeOf = (path: string) => statSync(inOut(path)).mode & 0o777;
const exported = () => summary.filter(({ exportable }) => exportable);
const escrowed = () => summary.filter(({ purpose }) => purpose === 'encryption');

describe('the summary of a demo', () => {
  it('is told with status 0, on stdout as JSON and nothing else, and again in the file', () => {
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout)).toEqual(summary);
    expect(first.stderr).toContain('key pairs made: 16 of 16');
    expect(first.stderr).toContain('enrollments delivered: 18 of 18');
    expect(first.stderr).not.toContain('Refused');
  });

  it('has each enrollment of the list once, in its order, ready, with the facts of the list', () => {
    const told = summary.map(
      ({ subscriberId, familyName, purpose, keySpec, exportable, custody, label }) => ({
        ...{ subscriberId, familyName, purpose, keySpec, exportable, custody, label },
      }),
    );
    const labels = { identity: 'caUserCert_keyPair', encryption: 'caEncryption_keyPair' };
    expect(told).toEqual(
      wanted.map(({ stem: _, ...facts }) => ({
        ...facts,
        custody: 'software',
        label: facts.purpose === 'identity' ? labels.identity : labels.encryption,
      })),
    );
    expect(new Set(summary.map(({ enrollmentId }) => enrollmentId)).size).toBe(18);
    expect(new Set(summary.map(({ spkiSha256 }) => spkiSha256)).size).toBe(18);
  });

  it('names the files by the convention, those of a key that cannot leave without pfx and password', () => {
    const named = wanted.map(({ stem, exportable }) => ({
      csr: `${stem}.csr.pem`,
      receipt: `${stem}.receipt.jws`,
      ...(exportable && { pfx: `${stem}.pfx`, password: `${stem}.password.txt` }),
    }));
    expect(summary.map(({ files }) => files)).toEqual(named);
  });

  it('tells of an escrow for every encryption key and for no other', () => {
    const named = wanted.map(({ stem, purpose }) =>
      purpose === 'encryption'
        ? {
            pfx: `${stem}.escrowed.pfx`,
            sealed: `${stem}.escrowed.sealed.jwe`,
            receipt: `${stem}.escrowed.receipt.jws`,
          }
        : undefined,
    );
    const told = summary.map(
      ({ escrow }) => escrow && { pfx: escrow.pfx, sealed: escrow.sealed, receipt: escrow.receipt },
    );
    expect(told).toEqual(named);
  });

  it('tells why, and whom to ask, where policy said no', () => {
    for (const { exportable, refusal } of summary) {
      if (exportable) expect(refusal).toBeUndefined();
      else {
        expect(refusal).toMatchObject({ code: 'export-refused', contact: 'helpdesk@example.org' });
        expect(refusal?.reason).toContain('An identity key at medium-hardware must stay where it was made.');
        expect(refusal?.reason).toContain('No backup can be made of a certificate issued for this key pair.');
      }
    }
  });
});

describe('the files of a demo', () => {
  it('are those that the summary names, and what concerns all, and no other', () => {
    const named = summary.flatMap(({ files, escrow }) => [
      ...Object.values(files),
      ...(escrow === undefined ? [] : [escrow.pfx, escrow.sealed, escrow.receipt]),
    ]);
    const ledger = ['ledger/checkpoint.jwt', 'ledger/segments/000000001.jsonl'];
    const top = ['summary.json', 'jwks.json', 'recovery.private.jwk', ...ledger];
    expect(filesUnder(out)).toEqual([...named, ...top].sort());
  });

  it('can be read by nobody else where they hold or guard a secret', () => {
    const secret = exported().flatMap(({ files }) => [present(files.password), present(files.pfx)]);
    for (const path of [...secret, 'recovery.private.jwk']) {
      expect({ path, mode: modeOf(path) }).toEqual({ path, mode: 0o600 });
    }
  });

  it('have a password of its own for each key', () => {
    const passwords = exported().map(({ files }) => read(present(files.password)).toString());
    expect(new Set(passwords).size).toBe(16);
    for (const password of passwords) expect(password).toMatch(/^[!-~]{20,}$/);
  });

  it('verify as certificate requests, for the key that the summary names', async () => {
    for (const { files, spkiSha256 } of summary) {
      expect(sha256(await spkiOfCsr(inOut(files.csr)))).toBe(spkiSha256);
    }
  });

  it('have public halves only, apart from the recovery key', () => {
    const { keys } = JSON.parse(read('jwks.json').toString());
    expect(keys.map((key: object) => Object.keys(key).sort())).toEqual([['crv', 'kid', 'kty', 'x', 'y']]);
    expect(JSON.parse(read('recovery.private.jwk').toString())).toMatchObject({ kty: 'EC', crv: 'P-256' });
  });
});

describe('the receipts of a demo', () => {
  /** Verified by jose alone, under the keys that the demo left. */
  async function verified(path: string): Promise<Record<string, unknown>> {
    const jws = read(path).toString();
    const jwks = JSON.parse(read('jwks.json').toString());
    const { kid, typ, alg } = decodeProtectedHeader(jws);
    expect({ typ, alg }).toEqual({ typ: 'escrow-receipt+jwt', alg: 'ES256' });
    expect(kid).toBe(await calculateJwkThumbprint(jwks.keys[0]));
    const { payload } = await compactVerify(jws, createLocalJWKSet(jwks));
    return JSON.parse(new TextDecoder().decode(payload));
  }

  /** What every receipt says of an enrollment, besides what only the service knows. */
  const common = ({ enrollmentId, label, purpose, keySpec }: SummaryEntry) => ({
    jti: expect.stringMatching(/./),
    iat: expect.any(Number),
    organization: 'example',
    build: expect.stringMatching(/^enrollment-key-escrow \d+\.\d+\.\d+/),
    ...{ enrollmentId, label, purpose, keySpec },
  });

  const backup = (entry: SummaryEntry) => ({
    ...common(entry),
    receipt: 'backup',
    csrSha256: sha256(derOf(read(entry.files.csr).toString(), 'CERTIFICATE REQUEST')),
    spkiSha256: entry.spkiSha256,
    profile: 'modern',
    ledgerEntry: expect.stringMatching(/^led_/),
    policy: { version: '1', rules: expect.arrayContaining(['exportable-by-assurance']) },
    provedBy: expect.arrayContaining([
      'strict reader',
      'TLSv1.3 handshake',
      expect.stringMatching(/^OpenSSL 3\./),
    ]),
  });

  it('state of each own copy what the file is, and what the subscriber agreed on', async () => {
    for (const entry of exported()) {
      expect(await verified(entry.files.receipt)).toEqual({
        ...backup(entry),
        backupId: expect.stringMatching(/^exp_/),
        pfxSha256: sha256(read(present(entry.files.pfx))),
        objectVersion: null,
        retainUntil: null,
        recoveryKey: null,
        confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: true, fileRestores: true },
      });
    }
  });

  it('state of each escrowed backup which stored version it is, and that no subscriber agreed on it', async () => {
    const recoveryKey = await calculateJwkThumbprint(JSON.parse(read('recovery.private.jwk').toString()));
    expect(escrowed()).toHaveLength(9);
    for (const entry of escrowed()) {
      const escrow = present(entry.escrow);
      const pfxSha256 = sha256(read(escrow.pfx));
      expect(escrow.pfxSha256).toBe(pfxSha256);
      const receipt = await verified(escrow.receipt);
      expect(receipt).toEqual({
        ...backup(entry),
        backupId: escrow.backupId,
        pfxSha256,
        objectVersion: escrow.objectVersion,
        retainUntil: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        recoveryKey,
        confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: false, fileRestores: true },
      });
      expect(receipt['provedBy']).toContain(
        entry.keySpec.startsWith('RSA') ? 'RSA-OAEP decryption' : 'ECDH key agreement',
      );
      const days = (Date.parse(String(receipt['retainUntil'])) / 1000 - Number(receipt['iat'])) / 86_400;
      expect(days).toBeCloseTo(1095, 1);
    }
  });

  it('state of each refusal why, and by which rules', async () => {
    const refused = summary.filter(({ refusal }) => refusal !== undefined);
    expect(refused).toHaveLength(2);
    for (const entry of refused) {
      expect(await verified(entry.files.receipt)).toEqual({
        ...common(entry),
        ...entry.refusal,
        receipt: 'refusal',
        action: 'Export',
        policy: { version: '1', rules: ['not-exportable-by-assurance'] },
      });
    }
  });

  it('are no two of one id', async () => {
    const paths = summary.flatMap(({ files, escrow }) => [
      files.receipt,
      ...(escrow ? [escrow.receipt] : []),
    ]);
    const ids = await Promise.all(paths.map(async (path) => (await verified(path))['jti']));
    expect(new Set(ids).size).toBe(27);
  });

  it('hold no name and no address', async () => {
    for (const { files, escrow, familyName } of summary) {
      for (const path of [files.receipt, ...(escrow ? [escrow.receipt] : [])]) {
        const receipt = JSON.stringify({ ...(await verified(path)), contact: '' });
        expect(receipt).not.toContain(familyName);
        expect(receipt).not.toContain('@');
      }
    }
  });
});

describe('the certificates in the files of a demo', () => {
  const usages: Readonly<Record<string, string>> = {
    'RSA_2048 identity': 'Digital Signature, Non Repudiation',
    'RSA_2048 encryption': 'Key Encipherment',
    'ECC_NIST_P256 identity': 'Digital Signature, Non Repudiation',
    'ECC_NIST_P256 encryption': 'Key Agreement',
  };

  it('are visibly placeholders: self-signed, marked, of no CA, for the purpose only, short-lived', async () => {
    for (const { files, label, purpose, keySpec, spkiSha256 } of exported().slice(0, 4)) {
      const password = read(present(files.password));
      const { certificate } = await openWithOpenssl(inOut(present(files.pfx)), password);
      expect(sha256(spkiOf(certificate.publicKey))).toBe(spkiSha256);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(certificate.subject).toBe(certificate.issuer);
      expect(certificate.subject).toContain(`OU=PLACEHOLDER - not issued by a CA (${label})`);
      expect(certificate.subject).toContain('CN=PLACEHOLDER ');
      expect(certificate.ca).toBe(false);
      expect(certificate.keyUsage).toBeUndefined();
      expect(await usageOf(certificate)).toBe(
        `X509v3 Key Usage: critical ${usages[`${keySpec} ${purpose}`]}`,
      );
      const age = Date.now() - certificate.validFromDate.getTime();
      expect(age).toBeGreaterThan(4 * 60_000);
      const life = certificate.validToDate.getTime() - certificate.validFromDate.getTime();
      expect(life).toBeLessThan(32 * 86_400_000);
    }
  });
});

/** How openssl prints the key usage of a certificate. */
async function usageOf(certificate: X509Certificate): Promise<string> {
  const printed = await outputOf('openssl', ['x509', '-noout', '-ext', 'keyUsage'], certificate.toString());
  return printed.toString().replaceAll(/\s+/g, ' ').trim();
}

describe('a second run on the same folders', () => {
  it('ends well, prints a table with commands to try, and changes no file but that the ledger goes on', async () => {
    const filesNow = () =>
      filesUnder(out).map((path) => ({ path, sha256: sha256(read(path)), mode: modeOf(path) }));
    const before = filesNow().filter(({ path }) => path !== 'ledger/checkpoint.jwt');
    const kept = read('ledger/checkpoint.jwt');
    const second = await runDemo(folders);
    expect(second.status).toBe(0);
    const grown = ['ledger/checkpoint.jwt', 'ledger/segments/000000002.jsonl'];
    expect(filesNow().filter(({ path }) => !grown.includes(path))).toEqual(before);
    expect(await demoLedgerReport(out, [kept])).toMatchObject({
      ok: true,
      segments: 2,
      anchors: { held: 1 },
    });
    expect(second.stdout.match(/^\S+ .* ready /gm)).toHaveLength(18);
    expect(second.stdout).toContain('openssl pkcs12 -info');
    expect(second.stdout).not.toContain('Opening the service');
    expect(second.stderr).toContain('18 enrollments');
  });
});
