import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { functions } from '#contract/functions.ts';
import { tables } from '#contract/tables.ts';
import { segmentPath } from '#crypto/ledger/folder.ts';
import { generatePassword } from '#crypto/passwords.ts';
import { isFunctionName } from '#test/doubles/aws-account/api-gateway.ts';
import { deadQueueOf } from '#test/doubles/aws-account/aws-account.ts';
import { call, type Sent } from '#test/support/api-client.ts';
import { auditLedger, verifyAudited } from '#test/support/audited-ledger.ts';
import { DeployedService } from '#test/support/deployed-service.ts';
import { enroll, enrollmentIn, exportBody, requestBody, setUp } from '#test/support/enrolling.ts';
import { EventSources } from '#test/support/event-sources.ts';
import { misplaced } from '#test/support/misplaced-secrets.ts';
import { type OutsidePeople, organization, outsidePeople } from '#test/support/people.ts';
import { openWithOpenssl, spkiOf, spkiOfCsr } from '#test/support/pfx-tools.ts';
import { SecretScanner, type Sought } from '#test/support/secret-scanner.ts';
import { secretsOfKey } from '#test/support/secrets-of-demo.ts';
import { audience } from '#test/support/token-issuer.ts';
import { accepted } from './accepted-permissions.ts';
import { EveryRoute, eventOf } from './every-route.ts';
import { refusedCalls } from './judged-calls.ts';
import { synthesize } from './synthesis.ts';
import { permissionsOf, wrongPermissions } from './unused-permissions.ts';
import { workWiringOf } from './work-wiring.ts';

const folder = mkdtempSync(join(tmpdir(), 'escrow-aws-functions-'));
let people: OutsidePeople;
let service: DeployedService;
let sources: EventSources;
/** As it would be deployed. */
const made = synthesize();
const wiring = workWiringOf(made);
const api = {
  call: (method: string, target: string, sent?: Sent) => call(service.url, method, target, sent),
};

beforeAll(async () => {
  people = await outsidePeople();
  service = await DeployedService.start({ issuer: people.issuer.url, audience }, wiring);
  sources = new EventSources(service, wiring);
});
afterAll(async () => {
  sources.close();
  await service.close();
  await people.close();
  rmSync(folder, { recursive: true });
});

const names = Object.keys(functions).filter(isFunctionName);
const administrator = () => people.token('root', 'administrator');

/** What the service says of an enrollment. */
async function show(subject: string, id: string) {
  const token = await people.token(subject, 'subscriber');
  return enrollmentIn(await api.call('GET', `/v1/enrollments/${id}`, { token }));
}

/** Checkpoints that somebody kept. */
const checkpoints: string[] = [];

/** How many entries the functions recorded of the organization. */
async function recordedEntries(): Promise<number> {
  const { dynamo } = service.account;
  Object.assign(process.env, dynamo.environment);
  const table = new Table(openDynamoDb(), dynamo.tables.ledger, tables.ledger);
  return await table.count({ partition: organization });
}

/** The notices that were published, in order. */
function published(): string[] {
  return service.account.sns.published.map(({ message }) => message);
}

describe('the main job, by the bundled functions', () => {
  const secrets: Sought[] = [];
  /** A secret made for this run. */
  const marked = (name: string) => {
    const text = generatePassword().text();
    secrets.push({ name, bytes: Buffer.from(text) });
    return text;
  };
  const password = marked('password');
  let id: string;
  /** Sets the password, as the request that it was first set by unless another is named. */
  const set = async (text: string, key = 'first-request') => {
    const headers = { 'idempotency-key': key };
    const token = await people.token('ada', 'subscriber');
    return await api.call('POST', `/v1/enrollments/${id}/password`, {
      token,
      body: { password: text },
      headers,
    });
  };

  it('sets an organization up', async () => {
    await setUp(api, people);
    expect(service.running.has('set-up-organization')).toBe(true);
  });

  it('takes a request over the API, and tells its subscriber to sign in', async () => {
    ({ id } = await enroll(api, people, requestBody('ada')));
    await sources.settle();
    expect(await show('ada', id)).toMatchObject({ state: 'awaiting-subscriber' });
    expect(published()).toEqual([expect.stringContaining(id)]);
  });

  it('makes the key pair under the password of its subscriber', async () => {
    expect(enrollmentIn(await set(password))).toMatchObject({ state: 'ready', exportable: true });
    expect(service.running.has('make-encryption-key-pair-with-password')).toBe(true);
    expect(service.running.has('make-identity-key-pair-with-password')).toBe(false);
  });

  it('answers the same request again, by the password that was set and by no other', async () => {
    expect(enrollmentIn(await set(password))).toMatchObject({ state: 'ready' });
    expect(await set(marked('another password'))).toMatchObject({ code: 'wrong-password' });
    expect(await set(password, 'another-request')).toMatchObject({ code: 'wrong-state' });
    expect(service.account.bucket.versions()).toHaveLength(1);
  });

  it('has stored its escrowed backup under Object Lock, and says what was proved of it', async () => {
    const token = await people.token('ada', 'subscriber');
    const { json } = await api.call('GET', `/v1/enrollments/${id}/backups`, { token });
    expect(json['backups']).toEqual([expect.objectContaining({ profile: 'modern' })]);
    const stored = service.account.bucket.versions();
    expect(stored.map(({ retention }) => retention?.mode)).toEqual(['COMPLIANCE']);
  });

  it('exports the key as a file that OpenSSL opens, whose key is that of the request', async () => {
    const token = await people.token('ada', 'subscriber');
    const csr = join(folder, 'ada.csr.pem');
    writeFileSync(csr, (await api.call('GET', `/v1/enrollments/${id}/csr`, { token })).bytes);
    const own = marked('file password');
    const body = exportBody(password, { is: 'own', password: own });
    const exported = await api.call('POST', `/v1/enrollments/${id}/exports`, { token, body });
    expect(exported.headers['content-type']).toBe('application/pkcs12');
    const copy = join(folder, 'ada.pfx');
    writeFileSync(copy, exported.bytes);
    const { privateKey } = await openWithOpenssl(copy, own);
    secrets.push(...secretsOfKey('exported key', privateKey));
    expect(spkiOf(privateKey)).toEqual(await spkiOfCsr(csr));
  });

  it('takes a request by event, and makes a key that never leaves', async () => {
    const event = eventOf(requestBody('device', { purpose: 'identity', assurance: 'medium-hardware' }));
    const token = await people.token('workflow', 'enrollment-workflow');
    expect(await api.call('POST', '/v1/events', { token, body: event })).toMatchObject({ status: 202 });
    await sources.settle();
    const { json } = await api.call('GET', '/v1/enrollments?purpose=identity', { token });
    expect(json['enrollments']).toEqual([expect.objectContaining({ state: 'ready', lock: 'resident' })]);
    expect(service.running.has('make-identity-key-pair')).toBe(true);
    expect(service.running.has('make-encryption-key-pair')).toBe(false);
  });

  it('tells what happened, in order, to whoever follows', async () => {
    const authorization = `Bearer ${await people.token('olga', 'auditor')}`;
    const asked = { headers: { accept: 'text/event-stream', authorization } };
    const text = await (await fetch(`${service.url}/v1/events?from=beginning`, asked)).text();
    const types = [...text.matchAll(/^event: ?(\w+)$/gm)].map(([, type]) => type);
    expect(types).toContain('BackupEscrowed');
    expect(types.indexOf('SubscriberSignInAwaited')).toBeLessThan(types.indexOf('BackupEscrowed'));
  });

  it('seals the ledger, which an auditor exports over the API, and verifies by the published keys', async () => {
    const token = await people.token('olga', 'auditor');
    const ledger = await auditLedger(service.url, token);
    const report = await verifyAudited(service.url, ledger);
    expect(report).toMatchObject({ ok: true, findings: [] });
    expect(ledger.unsealed).toBe(0);
    expect(report.treeSize).toBe(await recordedEntries());
    // What anybody changes of it is seen, and so is another history beside a checkpoint that was kept.
    const path = segmentPath(1);
    const changed = Buffer.from(ledger.files.get(path) ?? '');
    changed[40] = (changed[40] ?? 0) ^ 1;
    const tampered = { ...ledger, files: new Map(ledger.files).set(path, changed) };
    expect(await verifyAudited(service.url, tampered, [ledger.checkpoint])).toMatchObject({ ok: false });
    checkpoints.push(ledger.checkpoint);
  });

  it('tells of its checkpoints whoever follows its events', async () => {
    const authorization = `Bearer ${await people.token('olga', 'auditor')}`;
    const asked = { headers: { accept: 'text/event-stream', authorization } };
    const text = await (await fetch(`${service.url}/v1/events?from=beginning`, asked)).text();
    expect(text).toContain('LedgerCheckpointed');
    expect(text).toContain(checkpoints[0]);
  });

  it('changes nothing when records and messages come twice', async () => {
    const before = { stored: service.account.bucket.versions().length, published: published().length };
    const sealed = service.account.segments.versions().length;
    service.account.recorded.repeat();
    await sources.settle();
    expect(service.account.segments.versions()).toHaveLength(sealed);
    service.account.written.repeat();
    await sources.settle();
    expect(service.account.bucket.versions()).toHaveLength(before.stored);
    expect(published()).toHaveLength(before.published);
  });

  it('refuses secrets where none belongs', async () => {
    const told: string[] = [];
    for (const [place, of] of misplaced(id)) {
      const [subject, method, target, sent] = of(marked(`misplaced: ${place}`));
      if (!target.startsWith('/v1/')) continue;
      const token = await people.token(subject, subject === 'root' ? 'administrator' : 'subscriber');
      const { status, text } = await api.call(method, target, { token, ...sent });
      expect([place, status >= 400]).toEqual([place, true]);
      told.push(text);
    }
    expect(new SecretScanner(secrets).find(Buffer.from(told.join('\n')))).toEqual([]);
  });

  it('leaves no secret in what its functions log, keep or send', async () => {
    await sources.settle();
    const scanner = new SecretScanner(secrets);
    expect(scanner.find(Buffer.from(await service.output()))).toEqual([]);
    const { changes } = service.account;
    expect(changes.length).toBeGreaterThan(100);
    expect(scanner.find(Buffer.from(changes.join('\n'), 'latin1'))).toEqual([]);
    // It would be found: what is kept and sent is here.
    const looked = new SecretScanner([{ name: 'id', bytes: Buffer.from(id) }]);
    expect(looked.find(Buffer.from(changes.join('\n'), 'latin1'))).toContain('id: plain');
  });
});

describe('what cannot be worked on', () => {
  const letters = async () => {
    const { json } = await api.call('GET', '/v1/dead-letters', { token: await administrator() });
    return v.parse(
      v.array(v.object({ id: v.string(), code: v.string(), consumer: v.string() })),
      json['deadLetters'],
    );
  };

  it('is put among the dead letters, and is worked on again when it is redriven', async () => {
    const event = {
      specversion: '1.0',
      id: 'unknown',
      source: `/organizations/${organization}`,
      type: 'EnrollmentAccepted',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { enrollmentId: 'enr_none', purpose: 'encryption' },
    };
    service.account.sqs.queues.sendMessage('make-encryption-key-pair', JSON.stringify(event));
    await sources.settle();
    const [letter] = await letters();
    expect(letter).toMatchObject({ consumer: 'make-encryption-key-pair' });
    const token = await administrator();
    const redrive = `/v1/dead-letters/${letter?.id}/redrive`;
    const headers = { 'idempotency-key': 'redrive' };
    expect(await api.call('POST', redrive, { token, headers })).toMatchObject({ status: 204 });
    expect(await letters()).toEqual([]);
    // Asked once more by who lost the answer: it is not there any more.
    expect(await api.call('POST', redrive, { token, headers })).toMatchObject({ status: 404 });
    await sources.settle();
    expect(await letters()).toHaveLength(1);
  });

  it('is put there too by what looks after a function that could not even do that', async () => {
    const event = {
      specversion: '1.0',
      id: 'lost',
      source: `/organizations/${organization}`,
      type: 'EnrollmentDestroyed',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { enrollmentId: 'enr_lost' },
    };
    service.account.sqs.queues.sendMessage(deadQueueOf('discard-superseded'), JSON.stringify(event));
    await sources.settle();
    expect(await letters()).toContainEqual(
      expect.objectContaining({ consumer: 'discard-superseded', code: 'internal' }),
    );
  });
});

describe('what else people and programs ask for', () => {
  const every = () => new EveryRoute({ service, sources, people });

  it('is done: files of requests, plans, and requests by event', () => every().requests());
  it('is done: lists', () => every().lists());
  it('is done: keys of either purpose under a password, to their end', async () => {
    await every().keys(generatePassword().text(), generatePassword().text());
  });
  it('is done: a change of the settings', () => every().settings());
  it('is done: a policy from its proposal to its approval', () => every().policy());
  it('is done: escrow that became required, at the next request that brings a password', async () => {
    const [password, newPassword] = [generatePassword().text(), generatePassword().text()];
    await every().escrowDue(password, newPassword);
    const scanner = new SecretScanner([
      { name: 'password', bytes: Buffer.from(password) },
      { name: 'new password', bytes: Buffer.from(newPassword) },
    ]);
    const { changes } = service.account;
    expect(scanner.find(Buffer.from(await service.output()))).toEqual([]);
    expect(scanner.find(Buffer.from(changes.join('\n'), 'latin1'))).toEqual([]);
  });
  it('is done: webhooks', () => every().webhooks());
  it('is told to anyone, where it is for anyone', () => every().public());
  it('is refused, on each route, to whoever it is not for', () => every().refusals());
});

describe('the ledger of it all', () => {
  it('is read by whatever auditors ask', async () => {
    await sources.settle();
    const { json } = await api.call('GET', '/v1/enrollments?subscriberId=ada', {
      token: await people.token('olga', 'auditor'),
    });
    const { enrollments } = v.parse(v.object({ enrollments: v.array(v.object({ id: v.string() })) }), json);
    await new EveryRoute({ service, sources, people }).ledger(enrollments[0]?.id ?? '');
  });

  it('holds every entry once, and builds on the checkpoint that was kept', async () => {
    await sources.settle();
    const ledger = await auditLedger(service.url, await people.token('olga', 'auditor'));
    const report = await verifyAudited(service.url, ledger, checkpoints);
    expect(report).toMatchObject({ ok: true, findings: [], treeSize: await recordedEntries() });
    expect(service.account.segments.versions().map(({ retention }) => retention?.mode)).not.toContain(
      undefined,
    );
  });
});

describe('what runs by the clock', () => {
  it.each(wiring.scheduled)('%s runs, and what it sets to work runs through', async (name) => {
    const event = { version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
    for (const _day of ['first', 'second']) {
      expect(await service.invoke(name, event)).toMatchObject({ ok: true });
      await sources.settle();
    }
  });
});

describe('every function', () => {
  it('was started under the client of the Runtime API, and set to work', () => {
    expect(names.filter((name) => !service.running.has(name))).toEqual([]);
  });

  it('asked nothing of AWS that its role does not allow', () => {
    const calls = [...new Map(service.account.calls.map((each) => [JSON.stringify(each), each])).values()];
    expect(calls.length).toBeGreaterThan(100);
    expect(refusedCalls(calls, made)).toEqual([]);
    const byAnother = calls.map((each) => ({ ...each, function: 'list-enrollments' }));
    const refused = refusedCalls(byAnother, made).join('\n');
    for (const action of ['s3:PutObject', 'kms:GenerateMac', 'dynamodb:PutItem', 'events:PutEvents']) {
      expect(refused).toContain(`list-enrollments: ${action}`);
    }
  });

  it('is allowed nothing that it never asks for, but what is listed with its reason', () => {
    const permissions = permissionsOf(service.account.calls, made);
    expect(wrongPermissions(permissions, accepted)).toEqual([]);
    // What nobody asked for would be told, and so would a list that no longer holds.
    const untried = new Map([...permissions.keys()].map((told) => [told, false]));
    expect(wrongPermissions(untried, accepted)).toContain(
      'set-password: lambda:InvokeFunction on FunctionsmakeidentitykeypairwithpasswordFunction is allowed, and never done',
    );
    expect(wrongPermissions(new Map(), accepted)).toContain(
      'carry-events: sqs:SendMessage on PutAside is accepted, and not allowed',
    );
  });
});
