import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatePassword } from '#crypto/passwords.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import {
  enroll,
  enrollmentIn,
  exportBody,
  requestBody,
  setPassword,
  setUp,
} from '#test/support/enrolling.ts';
import { type OutsidePeople, outsidePeople } from '#test/support/people.ts';
import { openWithOpenssl, spkiOf, spkiOfCsr } from '#test/support/pfx-tools.ts';
import { testServer } from '#test/support/server.ts';

const server = testServer();
let people: OutsidePeople;
let kms: KmsDouble;

beforeAll(async () => {
  [people, kms] = await Promise.all([outsidePeople(), startKmsDouble()]);
  await server.start([...people.options, '--keys', 'kms'], kmsEnvironment(kms));
  await setUp(server, people);
});
afterAll(() => Promise.all([people.close(), kms.close()]));

describe('a server whose keys are in AWS KMS', () => {
  it('says that AWS KMS answers', async () => {
    const token = await people.token('olga', 'recovery-official');
    const { json } = await server.call('GET', '/v1/status', { token });
    expect(json).toMatchObject({ custody: { kind: 'kms', answers: true } });
  });

  it('makes a key there that never leaves, and hands out its request', async () => {
    const body = requestBody('device', { purpose: 'identity', assurance: 'medium-hardware' });
    const { id } = await enroll(server, people, body);
    const token = await people.token('device', 'subscriber');
    const show = async () => enrollmentIn(await server.call('GET', `/v1/enrollments/${id}`, { token }));
    while ((await show()).state !== 'ready') await pause(20);
    expect(await show()).toMatchObject({ custody: 'kms', exportable: false, lock: 'resident' });
    const file = join(server.root, 'csr.pem');
    writeFileSync(file, (await server.call('GET', `/v1/enrollments/${id}/csr`, { token })).bytes);
    expect(await spkiOfCsr(file)).not.toHaveLength(0);
    expect(kms.account.aliases().filter(([alias]) => alias.includes('/resident/'))).toHaveLength(1);
  });

  it('exports a key that may leave, under the password of its subscriber', async () => {
    const password = generatePassword().text();
    const { id, subscriber } = await setPassword(
      server,
      people,
      await enroll(server, people, requestBody('ada')),
      password,
    );
    const token = await people.token(subscriber.id, 'subscriber');
    const sent = { token, body: exportBody(password) };
    const { bytes } = await server.call('POST', `/v1/enrollments/${id}/exports`, sent);
    const copy = join(server.root, 'copy.pfx');
    const csr = join(server.root, 'ada.csr.pem');
    writeFileSync(copy, bytes);
    writeFileSync(csr, (await server.call('GET', `/v1/enrollments/${id}/csr`, { token })).bytes);
    const { privateKey } = await openWithOpenssl(copy, password);
    expect(spkiOf(privateKey)).toEqual(await spkiOfCsr(csr));
    expect(await server.end()).toBe(0);
  });
});
