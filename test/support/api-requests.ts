import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { eventSource } from '#contract/events.ts';
import { type RouteName, routes } from '#contract/routes.ts';
import type { Role } from '#domain/principal.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import type { ApiWorld, Sent } from './api.ts';
import { organization as acme, requestData } from './world.ts';

const general = readFileSync('policies/general/policy.cedar', 'utf8');
const generalTests: unknown = JSON.parse(readFileSync('policies/general/tests.json', 'utf8'));

/** The name of every route. */
export const routeNames = Object.keys(routes).filter(isRouteName);

function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(routes, name);
}

/** The password under which `furnish` has keys made, and one to change to. */
export const rightPassword = 'correct horse battery';
export const otherPassword = 'battery staple correct';

/** One record of each kind, all of one organization, the enrollments of one subscriber. */
export interface Records {
  organization: string;
  subscriber: string;
  /** Awaits its subscriber. */
  awaiting: string;
  /** Has a key, under `rightPassword`. */
  ready: string;
  /** Awaits its subscriber too: one to destroy. */
  spare: string;
  receipt: string;
  webhook: string;
  spareWebhook: string;
  deadLetter: string;
  /** An entry of the ledger; it is sealed, in segment 1. */
  entry: string;
  /** As set-ups send it. */
  recoveryKey: unknown;
  /** The SHA-256 of a policy that another administrator proposed. */
  proposal: string;
  /** The version of the organization. */
  version: number;
}

/** As `furnish`, for requests to one route: a policy is tried out for a quarter of a second, and so proposed only where it is needed. */
export async function furnishFor(api: ApiWorld, name: RouteName): Promise<Records> {
  const isOfPolicy = /polic|proposal/i.test(name);
  return await furnish(api, acme, 'ada', isOfPolicy ? propose : async () => 'none');
}

/** Makes one record of each kind through the API; they are new each time. */
export async function furnish(
  api: ApiWorld,
  organization = acme,
  subscriber = 'ada',
  proposing = propose,
): Promise<Records> {
  const send = async (role: Role, method: string, target: string, body?: unknown, subject?: string) => {
    const token = await api.as(role, { organization, ...(subject !== undefined && { subject }) });
    const answer = await api.call(method, target, { token, body });
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.json;
  };
  const enroll = async () =>
    String((await send('enrollment-workflow', 'POST', '/v1/enrollments', enrollmentOf(subscriber)))['id']);
  const ready = await enroll();
  const own = `/v1/enrollments/${ready}`;
  await send('subscriber', 'POST', `${own}/password`, { password: rightPassword }, subscriber);
  const { backups } = await send('auditor', 'GET', `${own}/backups`);
  const receipt = Array.isArray(backups) ? String(backups[0].receiptId) : '';
  const hook = async () => {
    const { webhook } = await send('administrator', 'POST', '/v1/webhooks', {
      url: 'https://hooks.example.org/',
    });
    return typeof webhook === 'object' && webhook !== null && 'id' in webhook ? String(webhook.id) : '';
  };
  const [webhook, spareWebhook] = [await hook(), await hook()];
  const proposal = await proposing(api, organization);
  const { recoveryKey, version } = await send('administrator', 'GET', '/v1/organization');
  await sealLedger(api.world.dependencies, organization);
  await giveNotice(api, organization, subscriber, ready);
  return {
    organization,
    subscriber,
    awaiting: await enroll(),
    ready,
    spare: await enroll(),
    receipt,
    webhook,
    spareWebhook,
    deadLetter: await buryLetter(api, organization, ready),
    entry: await firstEntry(api, organization),
    recoveryKey,
    proposal,
    version: Number(version),
  };
}

/** Has another administrator propose a policy. @returns the SHA-256 that names it, hex */
export async function propose(api: ApiWorld, organization = acme): Promise<string> {
  const token = await api.as('administrator', { organization, subject: 'proposer' });
  const { status, text, json } = await api.call('PUT', '/v1/policy/proposal', { token, body: newPolicy() });
  expect(status, text).toBe(200);
  return String(json['document']);
}

/** A policy that answers as the general one, of a text that nobody published yet. */
function newPolicy() {
  return { cedar: `// ${randomUUID()}\n${general}`, tests: generalTests };
}

/** A request of a subscriber, as the route takes it. */
export function enrollmentOf(subscriber: string): Record<string, unknown> {
  const { organization: _token, idempotencyKey: _header, ...body } = requestData();
  const person = {
    id: subscriber,
    givenName: 'Ada',
    familyName: "O'Brien",
    email: `${subscriber}@acme.example`,
  };
  return { ...body, subscriber: person };
}

async function firstEntry({ world }: ApiWorld, organization: string): Promise<string> {
  const [line] = await world.dependencies.ledgerLog.lines(organization, 0, 1);
  return JSON.parse(line?.text ?? expect.unreachable('it has been set up')).id;
}

async function giveNotice(
  { world }: ApiWorld,
  organization: string,
  subscriber: string,
  about: string,
): Promise<void> {
  const notice = {
    id: `notice-${about}`,
    organization,
    subscriberId: subscriber,
    email: `${subscriber}@acme.example`,
  };
  await world.dependencies.notifier.notify({
    ...notice,
    subject: 'Your key',
    text: `It is ready: ${about}.`,
  });
}

async function buryLetter(
  { world: { queues } }: ApiWorld,
  organization: string,
  enrollmentId: string,
): Promise<string> {
  queues.put('make-encryption-key-pair', eventOf(organization, enrollmentId));
  const messages = await queues.receive('make-encryption-key-pair', 1, 60);
  for (const message of messages) await queues.bury(message, 'provider-unavailable');
  const { items } = await queues.deadLettersOf(organization, 1_000);
  return items.at(-1)?.id ?? expect.unreachable('there is one now');
}

function eventOf(organization: string, enrollmentId: string): CloudEvent {
  return {
    specversion: '1.0',
    id: `${enrollmentId}.1.0`,
    source: `${eventSource(organization)}/enrollments/${enrollmentId}`,
    type: 'EnrollmentAccepted',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { enrollmentId },
  };
}

/** A request that its route takes from whoever may send it, and the status that it is then answered with. */
export interface SensibleRequest extends Pick<Sent, 'body' | 'headers'> {
  method: string;
  target: string;
  status: number;
}

/** One for each route, about these records. In this order all of them succeed. */
export function sensibleRequests(records: Records): Record<RouteName, SensibleRequest> {
  const { organization, subscriber, awaiting, ready, spare, receipt, webhook, spareWebhook } = records;
  const { deadLetter, entry } = records;
  const get = (target: string) => ({ method: 'GET', target, status: 200 });
  const post = (target: string, body?: unknown, status = 200) => ({
    method: 'POST',
    target,
    status,
    ...(body !== undefined && { body }),
  });
  const enrollments = '/v1/enrollments';
  const settings = { name: 'Acme', contact: 'helpdesk@acme.example' };
  return {
    requestEnrollment: post(enrollments, enrollmentOf(subscriber), 201),
    requestEnrollments: post('/v1/enrollment-batches', {
      requests: [{ ...enrollmentOf(subscriber), idempotencyKey: `of-${ready}` }],
    }),
    planEnrollment: post('/v1/enrollment-plans', enrollmentOf(subscriber)),
    listEnrollments: get(enrollments),
    showEnrollment: get(`${enrollments}/${ready}`),
    setPassword: post(`${enrollments}/${awaiting}/password`, { password: rightPassword }),
    changePassword: post(`${enrollments}/${awaiting}/password-changes`, {
      currentPassword: rightPassword,
      newPassword: otherPassword,
    }),
    unlockEnrollment: post(`${enrollments}/${ready}/unlock`),
    destroyEnrollment: post(`${enrollments}/${spare}/destruction`, { confirm: spare }),
    readCsr: get(`${enrollments}/${ready}/csr`),
    exportCopy: post(`${enrollments}/${ready}/exports`, {
      unlock: { by: 'password', password: rightPassword },
      filePassword: { is: 'same' },
    }),
    listBackups: get(`${enrollments}/${ready}/backups`),
    readReceipt: get(`${enrollments}/${ready}/receipts/${receipt}`),
    listNotices: get('/v1/notices'),
    showOrganization: get('/v1/organization'),
    setUpOrganization: {
      method: 'PUT',
      target: '/v1/organization',
      body: { ...settings, recoveryKey: records.recoveryKey },
      status: 200,
    },
    changeSettings: {
      method: 'PATCH',
      target: '/v1/organization',
      body: settings,
      headers: { 'if-match': `"${records.version}"` },
      status: 200,
    },
    showPolicy: get('/v1/policy'),
    listPolicyVersions: get('/v1/policy/versions'),
    simulatePolicy: post('/v1/policy/answers', { question: { action: 'Enroll', purpose: 'identity' } }),
    comparePolicy: post('/v1/policy/differences', { cedar: newPolicy().cedar }),
    approvePolicy: post('/v1/policy/approval', { document: records.proposal }),
    withdrawProposal: { method: 'DELETE', target: `/v1/policy/proposals/${'0'.repeat(64)}`, status: 204 },
    proposePolicy: { method: 'PUT', target: '/v1/policy/proposal', body: newPolicy(), status: 200 },
    publishEvents: post('/v1/events', incomingEvent(organization, subscriber), 202),
    followEvents: get(`/v1/events?enrollmentId=${ready}`),
    registerWebhook: post('/v1/webhooks', { url: 'https://hooks.example.org/more' }, 201),
    listWebhooks: get('/v1/webhooks'),
    showWebhook: get(`/v1/webhooks/${webhook}`),
    removeWebhook: { method: 'DELETE', target: `/v1/webhooks/${spareWebhook}`, status: 204 },
    rotateWebhookSecret: post(`/v1/webhooks/${webhook}/secret-rotations`),
    listDeadLetters: get('/v1/dead-letters'),
    redriveDeadLetter: post(`/v1/dead-letters/${deadLetter}/redrive`, undefined, 204),
    readCheckpoint: get('/v1/ledger/checkpoint'),
    listSegments: get('/v1/ledger/segments'),
    readSegment: get('/v1/ledger/segments/1'),
    readLines: get('/v1/ledger/lines?after=0'),
    findEntries: get(`/v1/ledger/entries?enrollmentId=${ready}`),
    proveEntry: get(`/v1/ledger/entries/${entry}/proof`),
    readDossier: get(`${enrollments}/${ready}/dossier`),
    readStatus: get('/v1/status'),
    readHealth: get('/health'),
    readKeySet: get('/.well-known/jwks.json'),
    readResourceMetadata: get('/.well-known/oauth-protected-resource'),
    readApiDescription: get('/openapi.json'),
  };
}

/** An `EnrollmentRequested` event as a workflow posts it. */
export function incomingEvent(organization: string, subscriber: string): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: 'event-1',
    source: eventSource(organization),
    type: 'EnrollmentRequested',
    data: { ...enrollmentOf(subscriber), organization, idempotencyKey: 'by-event' },
  };
}
