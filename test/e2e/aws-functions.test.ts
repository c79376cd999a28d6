import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatePassword } from '#crypto/passwords.ts';
import { call, type Sent } from '#test/support/api-client.ts';
import { DeployedService } from '#test/support/deployed-service.ts';
import { enroll, exportBody, requestBody, setPassword, setUp } from '#test/support/enrolling.ts';
import { EventSources } from '#test/support/event-sources.ts';
import { type OutsidePeople, outsidePeople } from '#test/support/people.ts';
import { openWithOpenssl, spkiOf, spkiOfCsr } from '#test/support/pfx-tools.ts';
import { audience } from '#test/support/token-issuer.ts';

const folder = mkdtempSync(join(tmpdir(), 'escrow-aws-functions-'));
let people: OutsidePeople;
let service: DeployedService;
let sources: EventSources;
const api = {
  call: (method: string, target: string, sent?: Sent) => call(service.url, method, target, sent),
};

beforeAll(async () => {
  people = await outsidePeople();
  service = await DeployedService.start({ issuer: people.issuer.url, audience });
  sources = new EventSources(service);
});
afterAll(async () => {
  sources.close();
  await service.close();
  await people.close();
  rmSync(folder, { recursive: true });
});

describe('the main job, by the bundled functions', () => {
  it('sets an organization up', async () => {
    await setUp(api, people);
    expect(service.running.has('set-up-organization')).toBe(true);
  });

  it('makes a key pair under the password of its subscriber, and an escrowed backup of it', async () => {
    const password = generatePassword().text();
    const enrollment = await enroll(api, people, requestBody('ada'));
    await sources.settle();
    const { id, state } = await setPassword(api, people, enrollment, password);
    expect(state).toBe('ready');
    await sources.settle();
    const token = await people.token('ada', 'subscriber');
    const csr = join(folder, 'ada.csr.pem');
    writeFileSync(csr, (await api.call('GET', `/v1/enrollments/${id}/csr`, { token })).bytes);
    const exported = await api.call('POST', `/v1/enrollments/${id}/exports`, {
      token,
      body: exportBody(password),
    });
    expect(exported.headers['content-type']).toBe('application/pkcs12');
    const copy = join(folder, 'ada.pfx');
    writeFileSync(copy, exported.bytes);
    const { privateKey } = await openWithOpenssl(copy, password);
    expect(spkiOf(privateKey)).toEqual(await spkiOfCsr(csr));
  });
});
