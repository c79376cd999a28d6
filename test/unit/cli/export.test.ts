import { beforeAll, describe, expect, it } from 'vitest';
import { type ExportServer, exportServer, filePassword, sha256, type Wrong } from './export-server.ts';
import { receiptService } from './signed-receipt.ts';

// What a server that is wrong, or somebody between, could make of an export.

let server: ExportServer;
beforeAll(async () => {
  server = await exportServer();
});

const exported = (wrong: Wrong, options = '') =>
  server.exported(wrong, ` --file-password-file file${options}`);

describe('escrow export', () => {
  it('writes the file and its receipt under the name that the service gives, and sends what opens the key', async () => {
    const { status, stdout, own, bodies } = await exported({}, ' --check-password-file file');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'lund_Enroll_EN.pfx\n' });
    expect(own.read('lund_Enroll_EN.pfx')).toEqual(Buffer.from(server.pfx));
    expect(own.list()).toEqual(['file', 'key', 'lund_Enroll_EN.pfx', 'lund_Enroll_EN.receipt.jws', 'token']);
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
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
    ['a receipt of another file', { receipt: () => server.service.receiptOf({}) }, 'receipt-invalid'],
    [
      'a receipt of another enrollment',
      { receipt: () => server.service.receiptOf({ pfxSha256: sha256(server.pfx), enrollmentId: 'enr_2' }) },
      'receipt-invalid',
    ],
    [
      'a receipt of another signer',
      { receipt: async () => (await receiptService()).receiptOf({ pfxSha256: sha256(server.pfx) }) },
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
    expect(JSON.parse(held.bodies[0] ?? '{}').unlock).toEqual({ by: 'nothing' });
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

  it.each([' --out nowhere/copy.pfx', ' --generated-password-out nowhere/pw'])(
    'makes no folder, and asks the service for nothing that could not be written:%s',
    async (place) => {
      const { status, stderr, own, bodies } = await server.exported({}, place);
      expect({ status, bodies }).toEqual({ status: 2, bodies: [] });
      expect(stderr).toContain(': its folder does not exist. Make it first, or name another place. (usage)');
      expect(own.list()).toEqual(['file', 'key', 'token']);
    },
  );

  it('reads standard input for one password only', async () => {
    const line = ' --file-password-file -';
    const { status, stderr } = await server.exported({}, line, '-', 'one\n');
    expect(status).toBe(2);
    expect(stderr).toContain('Standard input can be read for one thing only.');
  });
});
