import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { shell } from './shell.ts';

const { run, write } = shell();

const common = {
  jti: 'rcp_1',
  iat: 1_767_600_000,
  organization: 'org-1',
  enrollmentId: 'enr_1',
  label: 'caEncryption_keyPair',
  purpose: 'encryption',
  keySpec: 'ECC_NIST_P256',
  policy: { version: '7', rules: ['encryption-always-escrowed', 'lock-by-password'] },
  build: 'test 1.0',
};
const backup = {
  ...common,
  receipt: 'backup',
  backupId: 'att_1',
  csrSha256: 'a'.repeat(64),
  spkiSha256: 'b'.repeat(64),
  pfxSha256: 'c'.repeat(64),
  profile: 'modern',
  objectVersion: 'v1',
  retainUntil: '2036-01-05T08:00:00.000Z',
  recoveryKey: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: false, fileRestores: true },
  provedBy: ['strict reader', 'TLSv1.3 handshake'],
};
const refusal = {
  ...common,
  receipt: 'refusal',
  code: 'export-refused',
  reason: 'The key must stay where it was made.',
  contact: 'helpdesk@example.org',
  action: 'Export',
};

interface ServiceKey {
  pem: string;
  jwk: { kty: string; crv: string; x: string; y: string; kid: string };
}

async function serviceKey(): Promise<ServiceKey> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
  const bare = { kty: 'EC', crv: 'P-256', x, y };
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { pem, jwk: { ...bare, kid: await calculateJwkThumbprint(bare) } };
}

const base64url = (value: string | Uint8Array) => Buffer.from(value).toString('base64url');
const part = (value: object) => base64url(JSON.stringify(value));

let service: ServiceKey;

/** A compact JWS (RFC 7515) by hand, so that it can be wrong in every way. */
function jws(header: object, payload: object, signature: (input: string) => Uint8Array): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${base64url(signature(input))}`;
}

const ourHeader = () => ({ alg: 'ES256', kid: service.jwk.kid, typ: 'escrow-receipt+jwt' });
const signedBy = (key: ServiceKey) => (input: string) =>
  sign('sha256', Buffer.from(input), { key: createPrivateKey(key.pem), dsaEncoding: 'ieee-p1363' });
const genuine = (payload: object) => jws(ourHeader(), payload, signedBy(service));

beforeAll(async () => {
  service = await serviceKey();
  write('jwks.json', JSON.stringify({ keys: [service.jwk] }));
  write('backup.jws', genuine(backup));
  write('refusal.jws', `${genuine(refusal)}\n`);
});

describe('escrow receipt verify, of a genuine receipt', () => {
  it('shows what a backup receipt confirms', async () => {
    expect(await run('escrow receipt verify backup.jws --jwks jwks.json')).toEqual({
      status: 0,
      stdout: [
        'Genuine backup receipt, signed 2026-01-05T08:00:00.000Z by test 1.0.',
        '  enrollment  enr_1 (org-1)',
        '  key         caEncryption_keyPair, ECC_NIST_P256',
        '  policy      7: encryption-always-escrowed, lock-by-password',
        '  backup      att_1',
        `  file        SHA-256 ${'c'.repeat(64)}`,
        '  kept        in escrow until 2036-01-05T08:00:00.000Z',
        '  confirms',
        '    yes the private key works',
        '    yes a password is set on the file',
        '    no  the enrollment password was entered again, and opened the lock',
        '    yes the file restores',
        '  proved by   strict reader, TLSv1.3 handshake',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('shows why something was refused, and whom to ask', async () => {
    const { status, stdout } = await run('escrow receipt verify refusal.jws --jwks jwks.json');
    expect(status).toBe(0);
    expect(stdout).toContain('Genuine refusal receipt');
    expect(stdout).toContain('  refused     Export (export-refused)\n');
    expect(stdout).toContain('  why         The key must stay where it was made.\n');
    expect(stdout).toContain('  ask         helpdesk@example.org\n');
  });

  it.each([
    ['backup.jws', backup],
    ['refusal.jws', refusal],
  ])('prints the payload as JSON: %s', async (file, payload) => {
    const { status, stdout } = await run(`escrow receipt verify --jwks jwks.json --json ${file}`);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(payload);
  });

  it('finds the key among others', async () => {
    const keys = [(await serviceKey()).jwk, service.jwk];
    write('more.json', JSON.stringify({ keys }));
    expect((await run('escrow receipt verify backup.jws --jwks more.json')).status).toBe(0);
  });

  it('shows no control character that a receipt holds', async () => {
    write('odd.jws', genuine({ ...refusal, reason: 'red \u001b[31m' }));
    const { stdout } = await run('escrow receipt verify odd.jws --jwks jwks.json');
    expect(stdout).toContain('  why         red ?[31m\n');
  });
});

describe('escrow receipt verify, of anything else', () => {
  /** Each with the header of a receipt but for what is named. */
  const forgeries: Readonly<Record<string, () => string | Promise<string>>> = {
    'an altered payload': () => {
      const [header, , signature] = genuine(backup).split('.');
      return [header, part({ ...backup, pfxSha256: 'd'.repeat(64) }), signature].join('.');
    },
    'a signature by another key': async () => jws(ourHeader(), backup, signedBy(await serviceKey())),
    'another key that names itself': async () => {
      const other = await serviceKey();
      return jws({ ...ourHeader(), kid: other.jwk.kid }, backup, signedBy(other));
    },
    'another key that it brings along': async () => {
      const other = await serviceKey();
      return jws({ ...ourHeader(), jwk: other.jwk }, backup, signedBy(other));
    },
    'no signature, alg none': () => jws({ ...ourHeader(), alg: 'none' }, backup, () => Buffer.alloc(0)),
    'an HMAC under the public key, alg HS256': () => {
      const spki = createPublicKey(service.pem).export({ type: 'spki', format: 'pem' });
      const mac = (input: string) => createHmac('sha256', spki).update(input).digest();
      return jws({ ...ourHeader(), alg: 'HS256' }, backup, mac);
    },
    'no key id': () => jws({ alg: 'ES256', typ: 'escrow-receipt+jwt' }, backup, signedBy(service)),
    'another kind of token': () => jws({ ...ourHeader(), typ: 'JWT' }, backup, signedBy(service)),
    'a payload that is no receipt': () => genuine({ sub: 'somebody' }),
    'a cut signature': () => genuine(backup).slice(0, -8),
    'two receipts': () => `${genuine(backup)}\n${genuine(refusal)}`,
    'plain text': () => 'This is no receipt.',
    'dots alone': () => '..',
    nothing: () => '',
    'what is no text': () => '\u0000\u0001\ufffd'.repeat(1_000),
  };

  it.each(Object.keys(forgeries))('says in one line that it is not genuine: %s', async (name) => {
    write('forged.jws', (await forgeries[name]?.()) ?? '');
    for (const options of ['', ' --json']) {
      const { status, stdout, stderr } = await run(
        `escrow receipt verify forged.jws --jwks jwks.json${options}`,
      );
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(
        /^escrow: forged\.jws: it (is not|names no) .*\. Fetch the receipt again, and the service's current keys\. \(receipt-invalid\)\n$/,
      );
    }
  });
});

describe('escrow receipt verify, with keys that are none', () => {
  beforeAll(() => {
    const { jwk } = service;
    const { kid: _, ...nameless } = jwk;
    write('text.json', 'not JSON, with d: a private half');
    write('one-key.json', JSON.stringify(jwk));
    write('no-set.json', JSON.stringify({ keys: 'none' }));
    write('list.json', JSON.stringify([jwk]));
    write('null.json', 'null');
    write('empty.json', '');
    write('nameless.json', JSON.stringify({ keys: [nameless] }));
  });

  it.each([
    ['text.json', 'it is not JSON'],
    ['empty.json', 'it is not JSON'],
    ['one-key.json', 'it is not a set of ES256 public keys'],
    ['no-set.json', 'it is not a set of ES256 public keys'],
    ['list.json', 'it is not a set of ES256 public keys'],
    ['null.json', 'it is not a set of ES256 public keys'],
    ['nameless.json', 'it is not a set of ES256 public keys'],
    ['nowhere.json', 'there is no such file'],
    ['.', 'it is a folder'],
  ])('says that the keys are wrong, not the receipt: %s', async (file, why) => {
    const { status, stdout, stderr } = await run(`escrow receipt verify backup.jws --jwks ${file}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^escrow: .*\. .*\. \(usage\)\n$/);
    expect(stderr).toContain(`${file}: ${why}`);
    expect(stderr).not.toContain('private half');
  });

  it('says that a receipt is not there', async () => {
    const { status, stderr } = await run('escrow receipt verify nowhere.jws --jwks jwks.json');
    expect(status).toBe(2);
    expect(stderr).toContain('nowhere.jws: there is no such file');
  });
});
