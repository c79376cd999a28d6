import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapPrivateKey } from '#adapters/software/aes-gcm-wrapping.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { parseReceiptKeys } from '#crypto/receipts.ts';
import { Secret } from '#domain/secret.ts';
import { openService } from '#local/service.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { type OneMachine, oneMachine } from '#test/support/one-machine.ts';
import { reportOf } from '#test/support/sealed.ts';
import { runServerProcess, type ServerProcess, startServerProcess } from '#test/support/server-process.ts';
import { organization } from '#test/support/world.ts';

let machine: OneMachine;
/** What the service gave while it signed by the key that was replaced then. */
let jwks: { keys: { kid: string }[] };
let retired: string;
const servers: ServerProcess[] = [];

beforeAll(async () => {
  machine = await oneMachine();
  const { dependencies } = machine.service;
  jwks = { keys: [await dependencies.keys.receiptKey()] };
  await sealLedger(dependencies, organization);
  await machine.service.close();
  retired = join(machine.folder, 'retired.json');
  await writeFile(retired, JSON.stringify(jwks));
  await replaceReceiptKey(join(machine.folder, 'software-keys', 'provider-keys.json'));
});
afterAll(async () => {
  for (const server of servers) await server.end('SIGKILL');
  await machine.close();
});

/** As an operator would move an alias of AWS KMS, or take a pair out of a token. */
async function replaceReceiptKey(file: string): Promise<void> {
  const keys = JSON.parse(await readFile(file, 'utf8'));
  const { privateKey } = await makeKeyPair('ECC_NIST_P256');
  const wrappingKey = new Secret(Buffer.from(keys.wrappingKey, 'base64'));
  const wrapped = wrapPrivateKey(wrappingKey, privateKey, Buffer.from('escrow software receipt key'));
  await writeFile(
    file,
    JSON.stringify({ ...keys, wrappedReceiptKey: Buffer.from(wrapped).toString('base64') }),
  );
}

async function start(...args: string[]): Promise<ServerProcess> {
  const server = await startServerProcess(['--data', machine.folder, '--no-canaries', ...args]);
  servers.push(server);
  return server;
}

async function kidsOf({ url }: ServerProcess): Promise<string[]> {
  const answer = await fetch(`${url}/.well-known/jwks.json`);
  const { keys }: typeof jwks = JSON.parse(await answer.text());
  return keys.map(({ kid }) => kid);
}

describe('a service whose receipt key was replaced', () => {
  it('does not start where nobody says so, and says how', async () => {
    const { status, stderr } = await runServerProcess(['--data', machine.folder]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/name the one before among the retired ones\. \(key-not-found\)\n$/);
  });

  it.each([
    ['that is not there', 'none.json', /there is no such file.*\(usage\)/],
    ['that holds no keys', 'escrow.db', /--retired-keys: .* is not a set of ES256 public keys.*\(usage\)/],
  ])('does not start with a file %s', async (_, name, said) => {
    const args = ['--data', machine.folder, '--retired-keys', join(machine.folder, name)];
    expect((await runServerProcess(args)).stderr).toMatch(said);
  });

  it('serves both keys, the present one first, and expects that one from then on', async () => {
    const [old = ''] = jwks.keys.map(({ kid }) => kid);
    const first = await start('--retired-keys', retired);
    const kids = await kidsOf(first);
    expect(kids).toEqual([expect.not.stringMatching(old), old]);
    expect(await first.end()).toBe(0);
    const second = await start('--retired-keys', retired);
    expect(await kidsOf(second)).toEqual(kids);
    expect(await second.end()).toBe(0);
  });

  it('has recorded it in the ledger that goes on under the new key, all of which verifies', async () => {
    const retiredReceiptKeys = parseReceiptKeys(jwks).keys;
    const service = await openService({ folder: machine.folder, keys: 'software', retiredReceiptKeys });
    const { dependencies } = service;
    await sealLedger(dependencies, organization);
    const report = await reportOf(dependencies, organization);
    expect(report).toMatchObject({ ok: true, findings: [] });
    const lines = await dependencies.ledgerLog.lines(organization, 0, 1_000);
    const entries: { action: string; outcome: string }[] = lines.map(({ text }) => JSON.parse(text).entry);
    const told = entries.filter(({ action }) => action === 'replace-receipt-key');
    expect(told.map(({ outcome }) => outcome)).toEqual(['done']);
    await service.close();
  });
});
