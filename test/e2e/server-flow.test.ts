import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify, createRemoteJWKSet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnrollmentView } from '#contract/api/enrollments.ts';
import { generatePassword } from '#crypto/passwords.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { Role } from '#domain/principal.ts';
import type { Answered, Sent } from '#test/support/api-client.ts';
import { filesUnder } from '#test/support/demo.ts';
import {
  enrollmentIn,
  exportBody,
  requestBody,
  setPassword,
  setUp,
  setUpBody,
} from '#test/support/enrolling.ts';
import {
  EvaluationPeople,
  type OutsidePeople,
  organization,
  outsidePeople,
  type People,
} from '#test/support/people.ts';
import { openWithOpenssl, spkiOf } from '#test/support/pfx-tools.ts';
import { outputOf, runProgram } from '#test/support/program.ts';
import { testServer } from '#test/support/server.ts';
import { DataFolder } from '#test/support/traces.ts';

const servers = { 'the built-in issuer': testServer(), 'an issuer of the operator': testServer() };
const issuers = ['the built-in issuer', 'an issuer of the operator'] as const;
const password = generatePassword().text();
const newPassword = generatePassword().text();
const filePassword = generatePassword().text();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(issuers)('the whole flow over HTTP, with tokens of %s', (which) => {
  const server = servers[which];
  const folder = new DataFolder(server.data);
  let people: People;
  let outside: OutsidePeople | undefined;
  let identity: EnrollmentView;
  let encryption: EnrollmentView;

  beforeAll(async () => {
    if (which === 'an issuer of the operator') outside = await outsidePeople();
    people = outside ?? new EvaluationPeople(server);
    await server.start(people.options);
  });
  afterAll(() => outside?.close());

  /** Asks in somebody's name. */
  async function ask(as: [string, Role], method: string, target: string, sent: Sent = {}): Promise<Answered> {
    return await server.call(method, target, { token: await people.token(...as), ...sent });
  }
  const root: [string, Role] = ['root', 'administrator'];
  const workflow: [string, Role] = ['workflow', 'enrollment-workflow'];
  const ada: [string, Role] = ['ada', 'subscriber'];
  const official: [string, Role] = ['olga', 'recovery-official'];

  /** Writes an answer to a file, for programs that are not ours. */
  function saved(name: string, { bytes }: Answered): string {
    const path = join(server.root, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** What a receipt of this server says, verified by jose with the keys that the server publishes. */
  async function receiptAt(path: string): Promise<Record<string, unknown>> {
    const { text } = await ask(ada, 'GET', path);
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
    const { payload } = await compactVerify(text, keys);
    return JSON.parse(new TextDecoder().decode(payload));
  }

  it('tells where to get tokens, and nothing to who has none', async () => {
    const { json } = await server.call('GET', '/.well-known/oauth-protected-resource');
    expect(json).toMatchObject({ resource: server.url });
    expect(await server.call('GET', '/v1/enrollments')).toMatchObject({
      status: 401,
      code: 'sign-in-required',
    });
  });

  it('sets the organization up once, by an administrator', async () => {
    expect(await ask(root, 'GET', '/v1/organization')).toMatchObject({ status: 409, code: 'not-set-up' });
    await setUp(server, people);
    const { json, headers } = await ask(root, 'GET', '/v1/organization');
    expect(json).toMatchObject({ id: organization, name: 'Example', version: 1 });
    expect(headers['etag']).toBe('"1"');
    const again = { ...setUpBody, recoveryKey: json['recoveryKey'] };
    expect(await ask(root, 'PUT', '/v1/organization', { body: again })).toMatchObject({ status: 200 });
    const { publicKey } = await makeRecoveryKey();
    const other = { ...setUpBody, recoveryKey: publicKey };
    expect(await ask(root, 'PUT', '/v1/organization', { body: other })).toMatchObject({
      status: 409,
      code: 'already-exists',
    });
    expect(await ask(ada, 'PUT', '/v1/organization', { body: again })).toMatchObject({ status: 403 });
  });

  it('says what policy would decide, and keeps nothing of it', async () => {
    const body = requestBody('ada', { purpose: 'identity', assurance: 'medium-hardware' });
    const { json } = await ask(workflow, 'POST', '/v1/enrollment-plans', { body });
    expect(json).toMatchObject({ exportable: false, escrow: 'forbidden', lock: 'resident' });
    expect((await ask(root, 'GET', '/v1/enrollments')).json).toEqual({ enrollments: [] });
  });

  it('takes one request, and the same request again as the same', async () => {
    const body = requestBody('ada', { purpose: 'identity', keySpec: 'RSA_2048' });
    const headers = { 'idempotency-key': 'first' };
    const taken = await ask(workflow, 'POST', '/v1/enrollments', { body, headers });
    expect(taken.status).toBe(201);
    identity = enrollmentIn(taken);
    expect(taken.headers['location']).toBe(`/v1/enrollments/${identity.id}`);
    const again = await ask(workflow, 'POST', '/v1/enrollments', { body, headers });
    expect(enrollmentIn(again)).toEqual(identity);
    const other = { ...body, keySpec: 'RSA_3072' };
    const refused = await ask(workflow, 'POST', '/v1/enrollments', { body: other, headers });
    expect(refused).toMatchObject({ status: 409, code: 'idempotency-mismatch' });
  });

  it('takes many at once, each by itself', async () => {
    const requests = [
      { idempotencyKey: 'b-1', ...requestBody('ada') },
      { idempotencyKey: 'b-2', ...requestBody('bob', { keySpec: 'RSA_1024' }) },
      {
        idempotencyKey: 'b-3',
        ...requestBody('relay', { assurance: 'medium-hardware', purpose: 'identity' }),
      },
    ];
    const { status, json } = await ask(workflow, 'POST', '/v1/enrollment-batches', { body: { requests } });
    expect(status).toBe(200);
    expect(json['results']).toMatchObject([
      { enrollment: { state: 'awaiting-subscriber', lock: 'password', escrow: 'required' } },
      { problem: { code: 'key-spec-below-floor' } },
      { enrollment: { lock: 'resident', exportable: false } },
    ]);
    const { json: own } = await ask(ada, 'GET', '/v1/enrollments?purpose=encryption');
    expect(own['enrollments']).toHaveLength(1);
    encryption = enrollmentIn(await ask(ada, 'GET', `/v1/enrollments/${idOf(own)}`));
  });

  it('takes events in, and makes the key of a device without anybody', async () => {
    const data = { organization, idempotencyKey: 'e-1', ...requestBody('device-7') };
    const event = {
      ...{ specversion: '1.0', id: 'e-1', source: `/organizations/${organization}` },
      ...{
        type: 'EnrollmentRequested',
        data: { ...data, purpose: 'identity', assurance: 'medium-hardware' },
      },
    };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const taken = await ask(workflow, 'POST', '/v1/events', { body: event, headers });
    expect(taken).toMatchObject({ status: 202, json: { accepted: 1 } });
    const following = await server.follow(await people.token(...root), { query: '?from=beginning' });
    await following.until(({ type }) => type === 'EnrollmentKeyPairCreated', 2);
    following.close();
    const { json } = await ask(root, 'GET', '/v1/enrollments?subscriberId=device-7');
    expect(json['enrollments']).toMatchObject([{ state: 'ready', lock: 'resident' }]);
  });

  it('makes the key pairs when the subscriber sets a password, and is answered alike again', async () => {
    identity = await setPassword(server, people, identity, password);
    const target = `/v1/enrollments/${encryption.id}/password`;
    const sent = { body: { password }, headers: { 'idempotency-key': 'set' } };
    encryption = enrollmentIn(await ask(ada, 'POST', target, sent));
    expect([identity.state, encryption.state, encryption.backups]).toEqual(['ready', 'ready', 1]);
    expect(enrollmentIn(await ask(ada, 'POST', target, sent)).key).toEqual(encryption.key);
  });

  it.each([
    ['PEM', 'application/x-pem-file', 'csr.pem'],
    ['DER', 'application/pkcs10', 'p10'],
  ])('hands out the CSR as %s, which openssl verifies', async (form, accept, extension) => {
    const csr = await ask(ada, 'GET', `/v1/enrollments/${encryption.id}/csr`, { headers: { accept } });
    expect(csr.headers).toMatchObject({ 'content-type': accept });
    expect(csr.headers['content-disposition']).toContain(`filename="${encryption.id}.${extension}"`);
    const file = saved(`csr.${extension}`, csr);
    const printed = await outputOf('openssl', [
      'req',
      '-inform',
      form,
      '-in',
      file,
      '-verify',
      '-noout',
      '-pubkey',
    ]);
    expect(sha256(spkiOf(createPublicKey(printed)))).toBe(encryption.key?.spkiSha256);
    const der = await outputOf('openssl', ['req', '-inform', form, '-in', file, '-outform', 'DER']);
    expect(sha256(der)).toBe(encryption.key?.csrSha256);
  });

  it('exports a copy under the chosen password, with its receipt', async () => {
    const body = exportBody(password, { is: 'own', password: filePassword });
    const copy = await ask(ada, 'POST', `/v1/enrollments/${identity.id}/exports`, { body });
    expect(copy).toMatchObject({ status: 200, headers: { 'content-type': 'application/pkcs12' } });
    expect(copy.headers['content-disposition']).toBe(
      `attachment; filename="spath_Enroll_ID.pfx"; filename*=UTF-8''sp%C3%A4th_Enroll_ID.pfx`,
    );
    const file = saved('copy.pfx', copy);
    const { privateKey } = await openWithOpenssl(file, filePassword);
    expect(sha256(spkiOf(privateKey))).toBe(identity.key?.spkiSha256);
    const opened = await runProgram(
      'openssl',
      ['pkcs12', '-in', file, '-passin', 'stdin', '-noenc'],
      password,
    );
    expect(opened.status).not.toBe(0);

    const [, receipt = ''] = /^<(.+)>; rel="describedby"/.exec(copy.headers['link'] ?? '') ?? [];
    expect(await receiptAt(receipt)).toMatchObject({
      receipt: 'backup',
      enrollmentId: identity.id,
      pfxSha256: sha256(copy.bytes),
      spkiSha256: identity.key?.spkiSha256,
    });
  });

  it('exports under a password that it makes, and tells it once', async () => {
    const body = exportBody(password, { is: 'generated' });
    const target = `/v1/enrollments/${encryption.id}/exports`;
    expect(await ask(ada, 'POST', target, { body, headers: { accept: 'application/pkcs12' } })).toMatchObject(
      {
        code: 'not-acceptable',
      },
    );
    const { json } = await ask(ada, 'POST', target, { body, headers: { accept: 'application/json' } });
    expect(json['fileName']).toBe('späth_Enroll_EN.pfx');
    const file = join(server.root, 'generated.pfx');
    writeFileSync(file, Buffer.from(String(json['pfx']), 'base64'));
    const { privateKey } = await openWithOpenssl(file, String(json['generatedPassword']));
    expect(sha256(spkiOf(privateKey))).toBe(encryption.key?.spkiSha256);
  });

  it('lists the escrowed backup, with its receipt', async () => {
    const { json } = await ask(official, 'GET', `/v1/enrollments/${encryption.id}/backups`);
    expect(json['backups']).toMatchObject([{ profile: 'modern' }]);
    const [{ receiptId, pfxSha256 }] = JSON.parse(JSON.stringify(json['backups']));
    const stated = { receipt: 'backup', spkiSha256: encryption.key?.spkiSha256, pfxSha256 };
    expect(await receiptAt(`/v1/enrollments/${encryption.id}/receipts/${receiptId}`)).toMatchObject(stated);
    expect((await ask(ada, 'GET', `/v1/enrollments/${identity.id}/backups`)).json).toEqual({ backups: [] });
  });

  it('changes the password, after which the old one opens nothing, in no store', async () => {
    const [before] = lockedRecords();
    const body = { currentPassword: password, newPassword };
    const changed = await ask(ada, 'POST', `/v1/enrollments/${encryption.id}/password-changes`, { body });
    expect(enrollmentIn(changed).key).toEqual(encryption.key);
    const exporting = (unlock: string) =>
      ask(ada, 'POST', `/v1/enrollments/${encryption.id}/exports`, { body: exportBody(unlock) });
    expect(await exporting(password)).toMatchObject({ status: 403, code: 'wrong-password' });
    const copy = await exporting(newPassword);
    const { privateKey } = await openWithOpenssl(saved('changed.pfx', copy), newPassword);
    expect(sha256(spkiOf(privateKey))).toBe(encryption.key?.spkiSha256);

    const [after] = lockedRecords();
    expect(after).not.toEqual(before);
    expectNowhere(String(before));
  });

  it('destroys the key only for who has just signed in, and only when it is named twice', async () => {
    const target = `/v1/enrollments/${encryption.id}/destruction`;
    const [locked] = lockedRecords();
    const other = await ask(ada, 'POST', target, { body: { confirm: identity.id } });
    expect(other).toMatchObject({ status: 400, code: 'invalid-input' });
    const body = { confirm: encryption.id };
    const longAgo = { auth_time: Math.floor(Date.now() / 1_000) - 3_600 };
    if (outside !== undefined) {
      const token = await outside.tokenOf('ada', ['subscriber'], longAgo);
      const stale = await server.call('POST', target, { token, body });
      expect(stale).toMatchObject({ status: 401, code: 'fresh-sign-in-required' });
    }
    const destroyed = await ask(ada, 'POST', target, { body });
    expect(enrollmentIn(destroyed)).toMatchObject({ state: 'destroyed', backups: 1 });
    const late = await ask(ada, 'POST', `/v1/enrollments/${encryption.id}/exports`, {
      body: exportBody(newPassword),
    });
    expect(late).toMatchObject({ status: 409, code: 'wrong-state' });
    expect(lockedRecords()).toEqual([]);
    expectNowhere(String(locked));
  });

  it('told the subscriber of all that', async () => {
    // Of both keys, that they waited and were made; of one, that its password was changed and that it is gone.
    expect(await notices()).toHaveLength(6);
    const { json: others } = await ask(root, 'GET', '/v1/notices?subscriberId=device-7');
    expect(others['notices']).toHaveLength(1);
  });

  it('changes settings only from the version that was read', async () => {
    const change = (body: object, tag?: string) =>
      ask(root, 'PATCH', '/v1/organization', { body, headers: tag === undefined ? {} : { 'if-match': tag } });
    expect(await change({ name: 'Other' })).toMatchObject({ status: 400, code: 'invalid-input' });
    const { headers, json } = await change({ name: 'Example Ltd' }, '"1"');
    expect([headers['etag'], json['name']]).toEqual(['"2"', 'Example Ltd']);
    expect(await change({ name: 'Too late' }, '"1"')).toMatchObject({ status: 412 });
  });

  it('says how it fares, and ends in order', async () => {
    const { json } = await ask(official, 'GET', '/v1/status');
    expect(json).toMatchObject({
      custody: { kind: 'software', answers: true },
      enrollments: { ready: 3, destroyed: 1 },
      deadLetters: 0,
    });
    expect(await server.end()).toBe(0);
  });

  function idOf(list: Record<string, unknown>): string {
    return JSON.parse(JSON.stringify(list['enrollments']))[0].id;
  }

  /** The locked records of the encryption key, as they stand in their file. */
  function lockedRecords(): string[] {
    const rows = folder.rows('SELECT id, bytes FROM locked_keys', 'locked-keys.db');
    const its = rows.filter(({ id }) => String(id).startsWith(encryption.id));
    return its.map(({ bytes }) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('latin1') : ''));
  }

  /** Expects that no page, log or free space of any file has the ciphertext of a record that was discarded. */
  function expectNowhere(record: string): void {
    const part = record.slice(-200, -100);
    expect(part).toHaveLength(100);
    const files = filesUnder(server.data);
    expect(files).toContain('locked-keys.db');
    const holding = files.filter((path) => readFileSync(join(server.data, path)).includes(part));
    expect(holding).toEqual([]);
  }

  /** What Ada was told, once nothing waits any more. */
  async function notices(): Promise<unknown[]> {
    for (;;) {
      const { json } = await ask(root, 'GET', '/v1/status');
      const { json: told } = await ask(ada, 'GET', '/v1/notices');
      if (JSON.stringify(json['messages']) === '{"waiting":0}') return [told['notices']].flat();
    }
  }
});
