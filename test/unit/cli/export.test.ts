import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachmentNamed } from '#contract/api/content-disposition.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import { Secret } from '#domain/secret.ts';
import { subjectOf } from '../crypto/pfx/subject.ts';
import { type ScriptedAnswer, scriptedServer } from './scripted-server.ts';
import { type Ran, type Shell, shell } from './shell.ts';
import { type ReceiptService, receiptService } from './signed-receipt.ts';

// What a server that is wrong, or somebody between, could make of an export.

const filePassword = 'Reiher am Weiher 9';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let pfx: Uint8Array;
let service: ReceiptService;
beforeAll(async () => {
  const { privateKey, certificate } = await subjectOf();
  const password = Secret.fromText(filePassword);
  pfx = await writePfx({
    privateKey,
    certificates: [certificate],
    friendlyName: 'n',
    password,
    iterations: 2,
  });
  service = await receiptService();
});

interface Wrong {
  lock?: string;
  /** The file that comes, and the name that it is given. */
  file?: Uint8Array;
  disposition?: string;
  link?: string;
  receipt?: () => Promise<string>;
  jwks?: unknown;
}

const enrollmentView = (lock: string) => ({
  ...{ id: 'enr_1', state: 'ready', requestedAt: '2026-01-31T08:00:00Z', purpose: 'encryption', label: 'l' },
  subscriber: { id: 'eva', givenName: 'Eva', familyName: 'Lund', email: 'eva@example.org' },
  ...{ keySpec: 'ECC_NIST_P256', assurance: 'medium', custody: 'software', exportable: true },
  ...{ escrow: 'required', lock, policy: { version: 'v', rules: [] } },
  ...{ wrongPasswords: { inARow: 0, inLife: 0 }, backups: 1, exports: 0 },
});

/** A server that answers as the service does, but for what is wrong. */
function exporting(wrong: Wrong): ScriptedAnswer {
  const {
    lock = 'password',
    disposition = attachmentNamed('lund_Enroll_EN.pfx'),
    link = '</v1/enrollments/enr_1/receipts/rcp_1>; rel="describedby"; type="application/jose"',
  } = wrong;
  const asJson = (value: unknown): [string, string] => ['application/json', JSON.stringify(value)];
  return async (response, _request, { url, method }) => {
    const answer = async (): Promise<[string, string | Uint8Array]> => {
      if (url.endsWith('jwks.json')) return asJson(wrong.jwks ?? service.jwks);
      if (url.includes('/receipts/')) {
        return [
          'application/jose',
          await (wrong.receipt?.() ?? service.receiptOf({ pfxSha256: sha256(pfx) })),
        ];
      }
      return method === 'GET' ? asJson(enrollmentView(lock)) : ['application/pkcs12', wrong.file ?? pfx];
    };
    const [media, body] = await answer();
    const headers = { 'content-type': media, 'content-disposition': disposition, link, 'export-id': 'exp_1' };
    response.writeHead(200, headers).end(body);
  };
}

async function exported(wrong: Wrong, options = ''): Promise<Ran & { own: Shell; bodies: string[] }> {
  const { url, seen } = await scriptedServer(exporting(wrong));
  const own = shell({ ESCROW_CREDENTIALS: '/nonexistent/sign-ins.json', ESCROW_SERVER: url });
  for (const [name, content] of [
    ['token', 't'],
    ['key', 'Kauz im Moor 42'],
    ['file', filePassword],
  ] as const) {
    own.write(name, content);
  }
  const line = `escrow export enr_1 --token-file token --password-file key --file-password-file file${options}`;
  const ran = await own.run(line);
  return { ...ran, own, bodies: seen.map(({ body }) => body) };
}

describe('escrow export', () => {
  it('writes the file and its receipt under the name that the service gives, and sends what opens the key', async () => {
    const { status, stdout, own, bodies } = await exported({}, ' --check-password-file file');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'lund_Enroll_EN.pfx\n' });
    expect(own.read('lund_Enroll_EN.pfx')).toEqual(Buffer.from(pfx));
    expect(own.list()).toEqual(['file', 'key', 'lund_Enroll_EN.pfx', 'lund_Enroll_EN.receipt.jws', 'token']);
    expect(bodies.filter((body) => body !== '').map((body) => JSON.parse(body))).toEqual([
      {
        unlock: { by: 'password', password: 'Kauz im Moor 42' },
        filePassword: { is: 'own', password: filePassword },
      },
    ]);
  });

  it.each(['../../.profile', '/etc/cron.d/x', '.hidden', 'a/b.pfx'])(
    'is led to no other place by the name %s: it takes the usual one',
    async (name) => {
      const { status, own } = await exported({ disposition: `attachment; filename="${name}"` });
      expect(status).toBe(0);
      expect(own.list()).toContain('lund_Enroll_EN.pfx');
    },
  );

  it.each<[string, Wrong, string]>([
    ['another file than the receipt’s', { file: Buffer.from('not the file') }, 'receipt-invalid'],
    ['a receipt of another file', { receipt: () => service.receiptOf({}) }, 'receipt-invalid'],
    [
      'a receipt of another enrollment',
      { receipt: () => service.receiptOf({ pfxSha256: sha256(pfx), enrollmentId: 'enr_2' }) },
      'receipt-invalid',
    ],
    [
      'a receipt of another signer',
      { receipt: async () => (await receiptService()).receiptOf({ pfxSha256: sha256(pfx) }) },
      'receipt-invalid',
    ],
    ['no receipt', { receipt: async () => '<html>' }, 'receipt-invalid'],
    ['no link to a receipt', { link: '' }, 'answer-unknown'],
    ['no keys', { jwks: { keys: [] } }, 'answer-unknown'],
  ])('writes nothing where there is %s', async (_name, wrong, code) => {
    const { status, stdout, stderr, own } = await exported(wrong);
    expect({ status, stdout, code: /\(([a-z-]+)\)\n$/.exec(stderr)?.[1] }).toEqual({
      status: 1,
      stdout: '',
      code,
    });
    expect(own.list()).toEqual(['file', 'key', 'token']);
  });

  it('ends with 1 where the password typed anew does not open the file, and leaves the file', async () => {
    const { status, stderr, own } = await exported({}, ' --check-password-file key');
    expect(status).toBe(1);
    expect(stderr).toContain('(pfx-wrong-password-or-damaged)');
    expect(own.list()).toContain('lund_Enroll_EN.pfx');
  });

  it('needs nothing to open a key that is held, and says what a recipient’s key needs', async () => {
    const held = await exported({ lock: 'held' });
    expect(held.status).toBe(0);
    expect(JSON.parse(held.bodies.find((body) => body !== '') ?? '{}').unlock).toEqual({ by: 'nothing' });
    const recipient = await exported({ lock: 'recipient' });
    expect(recipient.status).toBe(2);
    expect(recipient.stderr).toContain('--wrapped-key-file must name');
    const unwrapped = await exported({ lock: 'recipient' }, ' --wrapped-key-file key');
    expect(unwrapped.status).toBe(0);
  });

  it.each([' --same-password', ' --generated-password-out new'])(
    'takes one password for the file only:%s',
    async (option) => {
      const { status, stderr, bodies } = await exported({}, option);
      expect(status).toBe(2);
      expect(stderr).toContain('are two passwords for one file');
      expect(bodies).toEqual([]);
    },
  );

  it('reads standard input for one password only', async () => {
    const { url } = await scriptedServer(exporting({}));
    const own = shell({ ESCROW_CREDENTIALS: '/nonexistent/sign-ins.json', ESCROW_SERVER: url });
    own.write('token', 't');
    const line = 'escrow export enr_1 --token-file token --password-file - --file-password-file -';
    const { status, stderr } = await own.run(line, 'one\ntwo\n');
    expect(status).toBe(2);
    expect(stderr).toContain('Standard input can be read for one thing only.');
  });
});
