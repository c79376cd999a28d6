import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId } from '#adapters/pkcs11/named-keys.ts';
import { findSoftHsm } from '#adapters/pkcs11/softhsm-token.ts';
import { interposedToken } from '#test/doubles/pkcs11-interposer/interposed-token.ts';
import { expectDelivered } from '#test/support/delivered.ts';
import {
  type DemoRun,
  demoFolders,
  filesUnder,
  present,
  readSummary,
  runDemo,
  type SummaryEntry,
} from '#test/support/demo.ts';
import { outputOf } from '#test/support/program.ts';
import { digestsOf, shortList } from '#test/support/short-list.ts';
import { DataFolder } from '#test/support/traces.ts';

const folders = demoFolders();
const { data, out, root } = folders;
const token = join(data, 'token');
const settings = { SOFTHSM2_CONF: join(token, 'softhsm2.conf') };
const module = findSoftHsm([
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
]);

let options: string[];
let first: DemoRun;
let summary: SummaryEntry[];

beforeAll(async () => {
  options = [...shortList(folders), '--keys', 'pkcs11'];
  first = await runDemo(folders, ...options);
  summary = await readSummary(out);
});

/** What SoftHSM answers to each try at taking an EC key out. */
const refusals = {
  'read CKA_VALUE': 'CKR_ATTRIBUTE_SENSITIVE',
  'wrap it by CKM_AES_KEY_WRAP_PAD': 'CKR_KEY_UNEXTRACTABLE',
  'set CKA_EXTRACTABLE true': 'CKR_ATTRIBUTE_READ_ONLY',
  'set CKA_SENSITIVE false': 'CKR_ATTRIBUTE_READ_ONLY',
};

/** The key that must not leave. */
const resident = (entries: readonly SummaryEntry[]) =>
  present(entries.find(({ subscriberId }) => subscriberId === 'emil.curtis'));

describe('a demo with keys in a token', () => {
  it('does all of the main job: requests, copies, backups and receipts verify', async () => {
    expect(first.status).toBe(0);
    expect(summary.map(({ purpose, exportable, custody }) => [purpose, exportable, custody])).toEqual([
      ['identity', true, 'pkcs11'],
      ['encryption', true, 'pkcs11'],
      ['identity', false, 'pkcs11'],
    ]);
    for (const entry of summary) await expectDelivered(out, entry);
  });

  it('has the token itself refuse to give up the key that must not leave, and tells its answers', () => {
    const answers = present(resident(summary).tokenAnswers);
    expect(answers).toMatchObject(refusals);
    expect(Object.values(answers)).not.toContain('CKR_OK');
    for (const { exportable, tokenAnswers } of summary) expect(tokenAnswers === undefined).toBe(exportable);
    expect(first.stdout).toContain('The token itself was asked, by another process with its PIN');
    expect(first.stdout).toMatch(
      /^ {2}emil\.curtis, identity\n {4}CKR_ATTRIBUTE_SENSITIVE +to read CKA_VALUE$/m,
    );
    expect(first.stdout).toMatch(/^ {4}CKR_KEY_UNEXTRACTABLE +to wrap it by CKM_AES_KEY_WRAP_PAD$/m);
  });

  it('says what to try with that key: its request, and the token', () => {
    const { files } = resident(summary);
    expect(first.stdout).toContain(`openssl req -verify -noout -subject -in ${join(out, files.csr)}\n`);
    expect(first.stdout).toContain(`escrow -- token show --data ${data}\n`);
  });

  it('runs again, and changes nothing but that the ledger goes on', async () => {
    const before = digestsOf(folders);
    expect((await runDemo(folders, ...options)).status).toBe(0);
    expect(digestsOf(folders)).toEqual(before);
  });
});

describe('a demo with keys in a token of the operator', () => {
  const named = ['--token-module', module, '--token-pin', `file:${join(token, 'pin')}`];
  const place = {
    out: join(root, 'own-out'),
    data: join(root, 'own-data'),
    environment: { ...process.env, ...settings },
  };

  it('asks that token', async () => {
    const label = ['--token-label', 'enrollment-key-escrow'];
    const { status, stdout, stderr } = await runDemo(place, ...options, ...named, ...label);
    expect(status).toBe(0);
    expect(stderr).toContain(`keys in the token enrollment-key-escrow of ${module}.`);
    const entry = resident(await readSummary(place.out));
    await expectDelivered(place.out, entry);
    expect(entry.tokenAnswers).toMatchObject(refusals);
    expect(stdout).toContain(`token show --module ${module} --token enrollment-key-escrow --pin file:`);
  });

  it('says what that token cannot do, and makes what it can', async () => {
    const label = 'enrollment-key-escrow';
    const interposed = await interposedToken({ module, token: { label }, environment: settings });
    // CKM_AES_KEY_WRAP_KWP and CKM_AES_KEY_WRAP_PAD: without them no private key is wrapped.
    interposed.tell('mechanisms: without 0x210b,0x210a');
    const lacking = {
      out: join(root, 'lacking-out'),
      data: join(root, 'lacking-data'),
      environment: { ...process.env, ...interposed.environment },
    };
    const another = ['--token-module', interposed.module, ...named.slice(2), '--token-label', label];
    const { stdout, stderr } = await runDemo(lacking, ...options, ...another);
    expect(stderr).toMatch(/^Not with this token: exportable keys: the token has no .*CKM_AES_KEY_WRAP_PAD/m);
    expect(stdout).toMatch(/^emil\.curtis .* ready +refused +-$/m);
    expect(stdout).toMatch(/^ {2}rosa\.adler, encryption: .* Ask helpdesk@example\.org\.$/m);
    expect(
      filesUnder(lacking.out).filter((path) => path.startsWith('rosa.adler/') && path.endsWith('.csr.pem')),
    ).toEqual([]);
  });

  it('stops at a token that is not there', async () => {
    const other = { ...place, data: join(root, 'absent-data'), out: join(root, 'absent-out') };
    const { status, stderr } = await runDemo(other, ...options, ...named, '--token-label', 'absent');
    expect(status).toBe(1);
    expect(stderr).toContain('token: there is no token labelled absent.');
    expect(stderr).toContain('(provider-misconfigured)');
  });
});

describe('a demo whose token would give a key up', () => {
  it('fails, and says which key, and how', async () => {
    // Another key in the place of the one that was made: with the same CKA_ID, and free to leave.
    const name = new DataFolder(data).enrollments().flatMap(({ key }) => key?.residentKey ?? []);
    expect(name).toHaveLength(1);
    const id = keyId(present(name[0])).toString('hex');
    const environment = { ...settings, TOKEN_PIN: readFileSync(join(token, 'pin'), 'utf8') };
    const pkcs11Tool = async (...args: string[]) =>
      await outputOf(
        'pkcs11-tool',
        ['--module', module, '--login', '--pin', 'env:TOKEN_PIN', '--id', id, ...args],
        '',
        environment,
      );
    for (const type of ['privkey', 'pubkey']) await pkcs11Tool('--delete-object', '--type', type);
    await pkcs11Tool('--keypairgen', '--key-type', 'EC:prime256v1', '--extractable');
    const { status, stdout, stderr } = await runDemo(folders, ...options);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^token: gave up the key of emil\.curtis, identity, .* wrap it by CKM_AES_KEY_WRAP_PAD\. .* \(provider-misconfigured\)$/m,
    );
    expect(stdout).toContain('CKR_OK');
    expect(resident(await readSummary(out)).tokenAnswers).toMatchObject({
      'wrap it by CKM_AES_KEY_WRAP_PAD': 'CKR_OK',
    });
  });
});
