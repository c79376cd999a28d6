import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { expect } from 'vitest';
import { deployedRoutes } from '#contract/routes.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { type Role, rolesOfTokens } from '#domain/principal.ts';
import type { AwsCall } from '#test/doubles/aws-account/aws-call.ts';
import { type Answered, call, type Sent } from '#test/support/api-client.ts';
import type { DeployedService } from '#test/support/deployed-service.ts';
import { enrollmentIn, exportBody, requestBody } from '#test/support/enrolling.ts';
import type { EventSources } from '#test/support/event-sources.ts';
import { type OutsidePeople, organization } from '#test/support/people.ts';
import { type PolicyChange, policyWith } from '#test/support/policies.ts';

/** The deployed service, what sets it to work, and who asks it. */
export interface Deployment {
  service: DeployedService;
  sources: EventSources;
  people: OutsidePeople;
}

/** A request as a workflow puts it on the bus. */
export function eventOf(request: ReturnType<typeof requestBody>): object {
  const id = crypto.randomUUID();
  return {
    specversion: '1.0',
    id,
    source: `/organizations/${organization}/workflow`,
    type: 'EnrollmentRequested',
    data: { ...request, organization, idempotencyKey: id },
  };
}

/** Who asks: a subject, in a role. */
type Asker = readonly [subject: string, role: Role];

const administrator: Asker = ['root', 'administrator'];
const official: Asker = ['olivia', 'recovery-official'];
const auditor: Asker = ['olga', 'auditor'];
const workflow: Asker = ['workflow', 'enrollment-workflow'];

/** Wrong passwords in a row that lock an enrollment. */
const mostTries = 10;

/**
 * Asks for all that people and programs ask for beside the main job, and has what follows from it done: so that each function uses
 * what it may do. The test fails if something is refused that should be done.
 */
export class EveryRoute {
  readonly #deployment: Deployment;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** A file of requests, and a plan; asked twice, as whoever lost the answer does. */
  async requests(): Promise<void> {
    const resident = { purpose: 'identity', assurance: 'medium-hardware' };
    const requests = ['zoe', 'yan'].map((subject) => ({
      ...requestBody(subject, resident),
      idempotencyKey: subject,
    }));
    await this.twice(workflow, '/v1/enrollment-batches', { requests });
    await this.twice(workflow, '/v1/enrollments', requestBody('xia', resident));
    await this.done(workflow, 'POST', '/v1/enrollment-plans', { body: requestBody('wim', resident) });
    const { publicKey: recipientKey } = await makeRecoveryKey();
    for (const purpose of ['identity', 'encryption']) {
      const body = requestBody('tom', { purpose, recipientKey });
      await this.done(workflow, 'POST', '/v1/enrollments', { body });
    }
    await this.twice(workflow, '/v1/events', eventOf(requestBody('sue')));
    // Of what waits, it tells since when.
    await this.done(administrator, 'GET', '/v1/status');
    await this.#deployment.sources.settle();
    const { json } = await this.done(auditor, 'GET', '/v1/enrollments?subscriberId=xia');
    const { enrollments } = v.parse(v.object({ enrollments: v.array(v.object({ id: v.string() })) }), json);
    for (const { id } of enrollments) {
      await this.twice(['xia', 'subscriber'], `/v1/enrollments/${id}/destruction`, { confirm: id });
    }
  }

  /**
   * The ledger, by every question that auditors have.
   * @param id of an enrollment that has entries
   */
  async ledger(id: string): Promise<void> {
    const targets = [
      'checkpoint',
      'segments',
      'segments/1',
      'lines?after=0',
      'entries',
      'entries?subscriberId=ada',
      'entries?principal=ada',
      'entries?refused=true',
    ];
    for (const target of targets) await this.done(auditor, 'GET', `/v1/ledger/${target}`);
    const { json } = await this.done(auditor, 'GET', `/v1/ledger/entries?enrollmentId=${id}`);
    const { entries } = v.parse(v.object({ entries: v.array(v.object({ id: v.string() })) }), json);
    expect(entries.length).toBeGreaterThan(1);
    for (const each of entries) await this.done(auditor, 'GET', `/v1/ledger/entries/${each.id}/proof`);
    await this.done(auditor, 'GET', `/v1/enrollments/${id}/dossier`);
  }

  /** What needs no access token. */
  async public(): Promise<void> {
    for (const { method, path, roles } of deployedRoutes) {
      if (roles === 'anyone') await this.done(auditor, method, path);
    }
  }

  /** Each route as somebody whom it is not for, or with a parameter that is none: that is recorded. */
  async refusals(): Promise<void> {
    for (const { method, path, roles: permitted } of deployedRoutes) {
      const isForAll = permitted === 'anyone';
      const role = rolesOfTokens.find((each) => isForAll || !permitted.some((one) => one === each));
      const target = `${path.replaceAll(/\{\w+\}/g, 'some')}?unknown=1`;
      const { status } = await this.ask(['nobody', role ?? expect.unreachable(path)], method, target, {});
      expect([path, status]).toEqual([path, isForAll ? 400 : 403]);
    }
  }

  /** Whatever can be listed and shown, by everybody who lists it in another way. */
  async lists(): Promise<void> {
    const ada: Asker = ['ada', 'subscriber'];
    const targets: [Asker, string][] = [
      [ada, '/v1/enrollments'],
      [auditor, '/v1/enrollments'],
      [auditor, '/v1/enrollments?state=ready'],
      [ada, '/v1/notices'],
      [auditor, '/v1/notices'],
      [auditor, '/v1/organization'],
      [administrator, '/v1/dead-letters'],
    ];
    for (const [asker, target] of targets) await this.done(asker, 'GET', target);
  }

  /** A key of either purpose under a password, from its request to its end. */
  async keys(password: string, newPassword: string): Promise<void> {
    for (const purpose of ['identity', 'encryption']) {
      const subscriber: Asker = [`vera-${purpose}`, 'subscriber'];
      const body = requestBody(subscriber[0], { purpose });
      const { id } = enrollmentIn(await this.done(workflow, 'POST', '/v1/enrollments', { body }));
      const path = `/v1/enrollments/${id}`;
      await this.twice(subscriber, `${path}/password`, { password });
      if (purpose === 'identity') await this.#lockAndUnlock(subscriber, path, newPassword);
      await this.twice(subscriber, `${path}/password-changes`, { currentPassword: password, newPassword });
      await this.twice(subscriber, `${path}/exports`, exportBody(newPassword));
      await this.twice(subscriber, `${path}/destruction`, { confirm: id });
      await this.#deployment.sources.settle();
    }
  }

  async #lockAndUnlock(subscriber: Asker, path: string, wrong: string): Promise<void> {
    const body = { currentPassword: wrong, newPassword: `${wrong} new` };
    for (let tried = 0; tried < mostTries; tried += 1) {
      await this.ask(subscriber, 'POST', `${path}/password-changes`, { body });
    }
    await this.twice(official, `${path}/unlock`);
  }

  /** A webhook from its registration to its removal. Nothing listens there, so what is sent is to be sent again. */
  async webhooks(): Promise<void> {
    const { json } = await this.twice(administrator, '/v1/webhooks', { url: 'https://hooks.invalid/' });
    const { webhook } = v.parse(v.object({ webhook: v.object({ id: v.string() }) }), json);
    const path = `/v1/webhooks/${webhook.id}`;
    await this.done(administrator, 'GET', '/v1/webhooks');
    await this.done(administrator, 'GET', path);
    await this.twice(administrator, `${path}/secret-rotations`);
    await this.done(workflow, 'POST', '/v1/enrollments', { body: requestBody('uma') });
    const { service, sources } = this.#deployment;
    const isPaused = ({ function: name, action }: AwsCall) =>
      name === 'deliver-webhook' && action === 'sqs:ChangeMessageVisibility';
    const settled = sources.settle();
    while (!service.account.calls.some(isPaused)) await pause(20);
    await this.done(administrator, 'DELETE', path);
    await settled;
  }

  /** A change of the settings, and a request that comes by event. */
  async settings(): Promise<void> {
    const { headers } = await this.done(auditor, 'GET', '/v1/organization');
    const ifMatch = { 'if-match': headers['etag'] ?? '' };
    await this.done(administrator, 'PATCH', '/v1/organization', {
      body: { name: 'Other' },
      headers: ifMatch,
    });
  }

  /** A policy from its proposal by one administrator to its approval by another, with an enrollment to apply it to; and one taken back. */
  async policy(): Promise<void> {
    const second: Asker = ['second', 'administrator'];
    await this.done(workflow, 'POST', '/v1/enrollments', { body: requestBody('wes') });
    const [cedar, tests] = ['policy.cedar', 'tests.json'].map((name) =>
      readFileSync(`policies/general/${name}`, 'utf8'),
    );
    const other = { cedar: `// Another text.\n${cedar}`, tests: JSON.parse(tests ?? '') };
    const proposal = await this.done(administrator, 'PUT', '/v1/policy/proposal', { body: other });
    const { document } = v.parse(v.object({ document: v.string() }), proposal.json);
    const question = { action: 'Escrow', purpose: 'encryption' };
    await this.done(auditor, 'POST', '/v1/policy/answers', { body: { question, proposed: true } });
    await this.done(auditor, 'POST', '/v1/policy/differences', { body: {} });
    await this.done(second, 'POST', '/v1/policy/approval', { body: { document } });
    const back = await this.done(second, 'PUT', '/v1/policy/proposal', { body: { version: '1' } });
    await this.done(auditor, 'GET', '/v1/policy');
    await this.done(auditor, 'GET', '/v1/policy/versions');
    await this.done(second, 'DELETE', `/v1/policy/proposals/${String(back.json['document'])}`);
    await this.#deployment.sources.settle();
  }

  /**
   * Keys that are made while no key is escrowed, and then have to be: each at the next request that brings its password. Until then it
   * is listed, and its certificate request does not leave.
   */
  async escrowDue(password: string, newPassword: string): Promise<void> {
    await this.#decideBy({ escrow: { identity: false, encryption: false } });
    const paths: [Asker, string][] = [];
    for (const name of ['una', 'ugo']) {
      const { id } = enrollmentIn(
        await this.done(workflow, 'POST', '/v1/enrollments', { body: requestBody(name) }),
      );
      paths.push([[name, 'subscriber'], `/v1/enrollments/${id}`]);
      await this.twice([name, 'subscriber'], `/v1/enrollments/${id}/password`, { password });
    }
    await this.#decideBy({});
    const due = async () => {
      const { json } = await this.done(auditor, 'GET', '/v1/enrollments?escrowDue=true');
      return v.parse(v.array(v.object({ id: v.string() })), json['enrollments']).map(({ id }) => id);
    };
    expect((await due()).sort()).toEqual(
      paths.map(([, path]) => path.slice('/v1/enrollments/'.length)).sort(),
    );
    for (const [, path] of paths) {
      const { status, code } = await this.ask(workflow, 'GET', `${path}/csr`, {});
      expect([status, code]).toEqual([409, 'escrow-due']);
    }
    const change = { currentPassword: password, newPassword };
    for (const [index, [asker, path]] of paths.entries()) {
      if (index === 0) await this.twice(asker, `${path}/exports`, exportBody(password));
      else await this.twice(asker, `${path}/password-changes`, change);
    }
    expect(await due()).toEqual([]);
    for (const [asker, path] of paths) {
      const { json } = await this.done(asker, 'GET', `${path}/backups`);
      expect(json['backups']).toHaveLength(1);
      await this.done(workflow, 'GET', `${path}/csr`);
    }
    await this.#deployment.sources.settle();
  }

  async #decideBy(change: PolicyChange): Promise<void> {
    const { json } = await this.done(administrator, 'PUT', '/v1/policy/proposal', {
      body: policyWith(change),
    });
    const body = { document: String(json['document']) };
    await this.done(['second', 'administrator'], 'POST', '/v1/policy/approval', { body });
    await this.#deployment.sources.settle();
  }

  /** Asks twice by one idempotency key; both are done. */
  async twice(asker: Asker, target: string, body?: unknown): Promise<Answered> {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    await this.done(asker, 'POST', target, { body, headers });
    return await this.done(asker, 'POST', target, { body, headers });
  }

  async done(asker: Asker, method: string, target: string, sent: Sent = {}): Promise<Answered> {
    const answered = await this.ask(asker, method, target, sent);
    expect([target, answered.text, answered.status < 300]).toEqual([target, answered.text, true]);
    return answered;
  }

  async ask([subject, role]: Asker, method: string, target: string, sent: Sent): Promise<Answered> {
    const { service, people } = this.#deployment;
    return await call(service.url, method, target, { token: await people.token(subject, role), ...sent });
  }
}
