import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DemoRun, demoFolders, filesUnder, startDemo } from '#test/support/demo.ts';
import { demoLedgerReport } from '#test/support/demo-ledger.ts';

// The demo under the policy that is modelled on the US Federal Common Policy, on a list with every level of assurance.

const folders = demoFolders();
const elsewhere = demoFolders();
const { out } = folders;
const list = join(folders.root, 'list.csv');
const options = ['--subscribers', list, '--policy', 'federal'];
let run: DemoRun;
let summary: Record<string, unknown>[];

beforeAll(async () => {
  const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
  const row =
    'emil.curtis,Emil,Curtis,emil.curtis@example.org,identity+encryption,ECC_NIST_P256,medium-hardware';
  const other = 'rosa.adler,Rosa,Adler,rosa.adler@example.org,identity+encryption,ECC_NIST_P256,medium';
  writeFileSync(list, `${header}\n${row}\n${other}\n`);
  run = await startDemo(folders, ...options).ended;
  summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
});

function entryOf(subscriberId: string, purpose: string): Record<string, unknown> {
  return summary.find((each) => each['subscriberId'] === subscriberId && each['purpose'] === purpose) ?? {};
}

describe('the demo under the federal policy', () => {
  it('runs through', () => {
    expect(run.status, run.stderr).toBe(0);
    expect(summary).toHaveLength(4);
  });

  it('shows an export that is refused though the key is escrowed, with its reason and whom to ask', () => {
    const refused = entryOf('emil.curtis', 'encryption');
    expect(refused).toMatchObject({
      status: 'ready',
      exportable: true,
      escrow: { state: 'active' },
      refusal: {
        code: 'export-refused',
        reason: expect.stringContaining('leaves custody for its escrow only'),
        contact: 'helpdesk@example.org',
      },
    });
    expect(refused['files']).not.toHaveProperty('pfx');
    expect(run.stdout).toContain(
      'emil.curtis, encryption: An encryption key at medium-hardware leaves custody',
    );
  });

  it('exports at medium, and keeps identity keys of higher levels where they were made', () => {
    expect(entryOf('rosa.adler', 'identity')).toMatchObject({
      exportable: true,
      files: { pfx: expect.anything() },
    });
    expect(entryOf('emil.curtis', 'identity')).toMatchObject({
      exportable: false,
      refusal: { code: 'export-refused' },
    });
  });

  it('shows a CSR that is released only after escrow, whose receipt names the rules of the policy', () => {
    expect(run.stdout).toMatch(
      /^A CSR is released only after escrow:\n {2}\S+, encryption: asked for before, it was refused: /m,
    );
    const held = summary.filter((each) => 'csrHeldBack' in each);
    expect(held).toEqual([
      expect.objectContaining({
        purpose: 'encryption',
        escrow: expect.objectContaining({ state: 'active' }),
      }),
    ]);
    const { receipt } = Object.assign({ receipt: '' }, held[0]?.['escrow']);
    const { policy } = decodeJwt(readFileSync(join(out, receipt), 'utf8'));
    expect(policy).toMatchObject({ version: '1', rules: expect.arrayContaining(['encryption-escrowed']) });
  });

  it('leaves the ledger of it, sealed, which verifies by the keys that it leaves', async () => {
    expect(filesUnder(join(out, 'ledger'))).toEqual(['checkpoint.jwt', 'segments/000000001.jsonl']);
    const report = await demoLedgerReport(out);
    expect(report).toMatchObject({ ok: true, organization: 'example', unsealed: 0, remarks: [] });
    const told = readFileSync(join(out, 'ledger/segments/000000001.jsonl'), 'utf8');
    expect(told).toMatch(/"action":"export-copy".*"outcome":"refused","code":"export-refused"/);
    expect(run.stdout).toContain(
      `  npm run --silent escrow -- ledger verify ${join(out, 'ledger')} --jwks ${join(out, 'jwks.json')}\n`,
    );
  });

  it('leaves no file in the ledger of which one byte can be altered unseen', async () => {
    for (const name of filesUnder(join(out, 'ledger'))) {
      const bytes = readFileSync(join(out, 'ledger', name));
      for (let at = 0; at < bytes.length; at += 61) {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        const { findings } = await demoLedgerReport(out, [], new Map([[name, altered]]));
        expect(findings[0]?.file, `byte ${at} of ${name}`).toBe(name);
      }
    }
  });

  it('goes on under the same policy, and under no other', async () => {
    expect((await startDemo(folders, ...options).ended).status).toBe(0);
    const { status, stderr } = await startDemo(folders, '--subscribers', list).ended;
    expect(status).toBe(1);
    expect(stderr).toContain('The data folder is of an earlier run with another policy.');
  });

  it('takes no folder that is not there', async () => {
    const { status, stderr } = await startDemo(elsewhere, '--policy', 'federel').ended;
    expect(status).toBe(2);
    expect(stderr).toContain('federel/policy.cedar');
  });
});
