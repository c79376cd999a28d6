import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnrollmentView } from '#contract/api/enrollments.ts';
import { generatePassword } from '#crypto/passwords.ts';
import {
  enroll,
  enrollmentIn,
  exportBody,
  requestBody,
  setPassword,
  setUp,
} from '#test/support/enrolling.ts';
import { type OutsidePeople, organization, outsidePeople } from '#test/support/people.ts';
import { openWithOpenssl, spkiOf, spkiOfCsr } from '#test/support/pfx-tools.ts';
import { testServer } from '#test/support/server.ts';
import { runServerProcess } from '#test/support/server-process.ts';
import { labelsInToken } from '#test/support/token-labels.ts';
import { DataFolder } from '#test/support/traces.ts';
import { expectWhole } from '#test/support/whole-folder.ts';

const server = testServer();
const folder = new DataFolder(server.data);
const password = generatePassword().text();
const newPassword = generatePassword().text();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const resident = { purpose: 'identity', assurance: 'medium-hardware', keySpec: 'RSA_2048' };

let people: OutsidePeople;
let options: string[];
let recoveryKey: JWK;
let encryption: EnrollmentView;
let device: EnrollmentView;

beforeAll(async () => {
  people = await outsidePeople();
  options = [...people.options, '--keys', 'pkcs11'];
  await server.start(options);
  recoveryKey = await setUp(server, people);
});
afterAll(() => people.close());

async function show({ id }: EnrollmentView): Promise<EnrollmentView> {
  const token = await people.token('root', 'administrator');
  return enrollmentIn(await server.call('GET', `/v1/enrollments/${id}`, { token }));
}

/** Waits until a key that needs nobody is made. */
async function made(enrollment: EnrollmentView): Promise<EnrollmentView> {
  for (;;) {
    const now = await show(enrollment);
    if (now.state === 'ready') return now;
    await pause(20);
  }
}

/** The copy of a key, opened by openssl. @returns the `spkiSha256` of what is in it */
async function exportedKey({ id, subscriber }: EnrollmentView, typed: string): Promise<string> {
  const token = await people.token(subscriber.id, 'subscriber');
  const sent = { token, body: exportBody(typed) };
  const { bytes } = await server.call('POST', `/v1/enrollments/${id}/exports`, sent);
  const file = join(server.root, 'copy.pfx');
  writeFileSync(file, bytes);
  return sha256(spkiOf((await openWithOpenssl(file, typed)).privateKey));
}

describe('a server whose keys are in a token', () => {
  it('makes a key that never leaves, hands out its request, and refuses to export it', async () => {
    device = await made(await enroll(server, people, requestBody('device', resident)));
    expect(device).toMatchObject({ custody: 'pkcs11', exportable: false, lock: 'resident' });
    const token = await people.token('device', 'subscriber');
    const csr = await server.call('GET', `/v1/enrollments/${device.id}/csr`, { token });
    const file = join(server.root, 'csr.pem');
    writeFileSync(file, csr.bytes);
    expect(sha256(await spkiOfCsr(file))).toBe(device.key?.spkiSha256);
    const body = { unlock: { by: 'nothing' }, filePassword: { is: 'own', password } };
    const refused = await server.call('POST', `/v1/enrollments/${device.id}/exports`, { token, body });
    expect(refused).toMatchObject({ status: 403, code: 'export-refused' });
  });

  it('exports a key that may leave, and goes on with it after a change of password and a restart', async () => {
    encryption = await setPassword(
      server,
      people,
      await enroll(server, people, requestBody('ada')),
      password,
    );
    expect(await exportedKey(encryption, password)).toBe(encryption.key?.spkiSha256);
    const token = await people.token('ada', 'subscriber');
    const body = { currentPassword: password, newPassword };
    const target = `/v1/enrollments/${encryption.id}/password-changes`;
    expect(await server.call('POST', target, { token, body })).toMatchObject({ status: 200 });
    expect(await server.end()).toBe(0);
    await server.start(options);
    expect(await exportedKey(encryption, newPassword)).toBe(encryption.key?.spkiSha256);
    const old = await server.call('POST', `/v1/enrollments/${encryption.id}/exports`, {
      token,
      body: exportBody(password),
    });
    expect(old).toMatchObject({ status: 403, code: 'wrong-password' });
  });

  it('is killed while it makes keys in the token, and leaves none there that nobody knows', async () => {
    const enrollments = await Promise.all(
      ['a', 'b', 'c'].map((name) => enroll(server, people, requestBody(name, resident))),
    );
    while (folder.count("SELECT count(*) FROM aggregates WHERE state = 'making'") === 0) await pause(2);
    await server.end('SIGKILL');
    await server.start(options);
    for (const each of enrollments) await made(each);
    const labels = await labelsInToken(join(server.data, 'token'));
    // Both halves of four key pairs, and of the one that signs receipts.
    expect(labels.filter((label) => label === 'caUserCert_keyPair')).toHaveLength(8);
    expect(labels.filter((label) => label.startsWith('escrow-')).sort()).toEqual([
      'escrow-binding',
      'escrow-custody',
      'escrow-mac',
      'escrow-receipt',
      'escrow-receipt',
    ]);
  });

  it('destroys a key that never leaves, in the token too', async () => {
    const token = await people.token('device', 'subscriber');
    const target = `/v1/enrollments/${device.id}/destruction`;
    const destroyed = await server.call('POST', target, { token, body: { confirm: device.id } });
    expect(enrollmentIn(destroyed).state).toBe('destroyed');
    const labels = await labelsInToken(join(server.data, 'token'));
    expect(labels.filter((label) => label === 'caUserCert_keyPair')).toHaveLength(6);
  });

  it('says that its token answers, ends in order, and leaves a whole data folder', async () => {
    const token = await people.token('olga', 'recovery-official');
    const { json } = await server.call('GET', '/v1/status', { token });
    expect(json).toMatchObject({ custody: { kind: 'pkcs11', answers: true }, deadLetters: 0 });
    while (folder.count('SELECT count(*) FROM messages') > 0) await pause(20);
    expect(await server.end()).toBe(0);
    await expectWhole(server.data, organization, recoveryKey);
  });

  it('does not start over that folder with keys in software', async () => {
    const { status, stderr } = await runServerProcess([
      '--data',
      server.data,
      '--port',
      '0',
      ...people.options,
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain('--keys pkcs11');
  });
});
