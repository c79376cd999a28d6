import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import { type EnrollmentView, enrollmentView } from '#contract/api/enrollments.ts';
import { generatePassword } from '#crypto/passwords.ts';
import type { Answered } from './api-client.ts';
import { present } from './demo.ts';
import { enrollmentIn, exportBody, requestBody } from './enrolling.ts';
import { type OutsidePeople, organization } from './people.ts';
import { PersistentClient } from './persistent-client.ts';
import type { TestServer } from './server.ts';

/** A copy that a subscriber was given. */
export interface Copy {
  pfx: Uint8Array;
  password: string;
  receipt: string;
}

/** What somebody was told of an enrollment, and what must stand whatever happens afterwards. */
export interface Told {
  subscriberId: string;
  id: string;
  /** `undefined` where nobody set a password, so that there is no key yet. */
  key: EnrollmentView['key'];
  destroyed: boolean;
  /** What opens the lock, if it is a password. */
  password?: string;
  /** What does so no more. */
  oldPasswords: string[];
  copies: Copy[];
}

export interface LoadSize {
  lives: number;
  batches: number;
  posts: number;
  /** How many do all this at the same time. */
  clients: number;
}

/** Subscribers and a workflow that use a server, each request repeated until it is answered. */
export class Load {
  readonly told: Told[] = [];
  readonly #server: TestServer;
  readonly #people: OutsidePeople;
  readonly #recipientKey: object;
  readonly #workflow: PersistentClient;
  readonly #clients: PersistentClient[] = [];

  /** @param recipientKey a public JWK that keys may be locked to */
  constructor(server: TestServer, people: OutsidePeople, recipientKey: object) {
    this.#server = server;
    this.#people = people;
    this.#recipientKey = recipientKey;
    this.#workflow = new PersistentClient(server, () => people.token('workflow', 'enrollment-workflow'));
    this.#clients.push(this.#workflow);
  }

  /** How many requests had to be repeated since they were cut off, or found nobody. */
  get cutOff(): number {
    return this.#clients.reduce((sum, { cutOff }) => sum + cutOff, 0);
  }

  /** Does all of it, in no order. */
  async run({ lives, batches, posts, clients }: LoadSize): Promise<void> {
    const work = [
      ...count(lives, (index) => () => this.#life(index)),
      ...count(batches, (index) => () => this.#batch(index)),
      ...count(posts, (index) => () => this.#post(index)),
    ].sort(() => Math.random() - 0.5);
    const worker = async () => {
      for (let next = work.pop(); next !== undefined; next = work.pop()) await next();
    };
    await Promise.all(count(clients, worker));
  }

  /** One subscriber, from the request to the end; identity and encryption, RSA and EC, by turns. */
  async #life(index: number): Promise<void> {
    const subscriberId = `life-${index}`;
    const purpose = index % 2 === 0 ? 'identity' : 'encryption';
    const keySpec = index % 3 === 0 ? 'RSA_2048' : 'ECC_NIST_P256';
    const body = requestBody(subscriberId, { purpose, keySpec });
    const { id } = enrollmentIn(await this.#ask('/v1/enrollments', body));
    const told: Told = { subscriberId, id, key: undefined, destroyed: false, oldPasswords: [], copies: [] };
    this.told.push(told);
    const own = this.#subscriber(subscriberId);

    const password = generatePassword().text();
    const setting = { body: { password }, headers: { 'idempotency-key': randomUUID() } };
    // Sent twice at once, as by a person who pressed the button twice: there is one key.
    const set = () => own.call('POST', `/v1/enrollments/${id}/password`, setting);
    const [first, second] = (await Promise.all([set(), set()])).map(enrollmentIn);
    told.key = present(first).key;
    expect(present(second).key).toEqual(told.key);
    told.password = password;
    await this.#copy(own, told);
    if (index % 4 < 3) await this.#changePassword(own, told);
    if (index % 5 === 0) await this.#destroy(own, told);
  }

  async #changePassword(own: PersistentClient, told: Told): Promise<void> {
    const newPassword = generatePassword().text();
    const body = { currentPassword: told.password, newPassword };
    const target = `/v1/enrollments/${told.id}/password-changes`;
    const changed = await own.call('POST', target, { body, headers: { 'idempotency-key': randomUUID() } });
    expect(enrollmentIn(changed).key).toEqual(told.key);
    told.oldPasswords.push(present(told.password));
    told.password = newPassword;
    await this.#copy(own, told);
  }

  async #copy(own: PersistentClient, told: Told): Promise<void> {
    const password = present(told.password);
    const target = `/v1/enrollments/${told.id}/exports`;
    const sent = { body: exportBody(password), headers: { 'idempotency-key': randomUUID() } };
    const answer = await own.call('POST', target, sent);
    expect(answer.status, answer.text).toBe(200);
    const [, receipt = ''] = /^<(.+?)>/.exec(answer.headers['link'] ?? '') ?? [];
    told.copies.push({ pfx: answer.bytes, password, receipt });
  }

  async #destroy(own: PersistentClient, told: Told): Promise<void> {
    const sent = { body: { confirm: told.id }, headers: { 'idempotency-key': randomUUID() } };
    const answer = await own.call('POST', `/v1/enrollments/${told.id}/destruction`, sent);
    expect(enrollmentIn(answer)).toMatchObject({ state: 'destroyed', key: told.key });
    told.destroyed = true;
  }

  /** Several at once: keys that nobody's password is needed for, and one that waits for its subscriber. */
  async #batch(index: number): Promise<void> {
    const bodies = [...this.#unattended(`batch-${index}`), requestBody(`batch-${index}-waits`)];
    const requests = bodies.map((body) => ({ idempotencyKey: body.subscriber.id, ...body }));
    const { json } = await this.#ask('/v1/enrollment-batches', { requests });
    const results = v.parse(v.array(v.object({ enrollment: enrollmentView })), json['results']);
    expect(results).toHaveLength(bodies.length);
    for (const { enrollment } of results) await this.#tellOf(enrollment);
  }

  /** The same by events: what became of each is asked for. */
  async #post(index: number): Promise<void> {
    const bodies = this.#unattended(`post-${index}`);
    const events = bodies.map((body) => ({
      ...{ specversion: '1.0', id: body.subscriber.id, source: `/organizations/${organization}` },
      type: 'EnrollmentRequested',
      data: { organization, idempotencyKey: body.subscriber.id, ...body },
    }));
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    expect(await this.#ask('/v1/events', events, headers)).toMatchObject({ status: 202 });
    for (const { subscriber } of bodies) await this.#tellOf(await this.#taken(subscriber.id));
  }

  /** Waits until the enrollment of a subscriber was taken. */
  async #taken(subscriberId: string): Promise<EnrollmentView> {
    for (;;) {
      const { json } = await this.#workflow.call('GET', `/v1/enrollments?subscriberId=${subscriberId}`, {});
      const [found] = v.parse(v.array(enrollmentView), json['enrollments']);
      if (found !== undefined) return found;
    }
  }

  /** Waits for the key of an enrollment, if it needs nobody, and remembers what was told. */
  async #tellOf({ id, lock, subscriber }: EnrollmentView): Promise<void> {
    let key: EnrollmentView['key'];
    while (lock !== 'password' && key === undefined) {
      ({ key } = enrollmentIn(await this.#workflow.call('GET', `/v1/enrollments/${id}`, {})));
    }
    this.told.push({ subscriberId: subscriber.id, id, key, destroyed: false, oldPasswords: [], copies: [] });
  }

  #unattended(name: string) {
    const { recipientKey } = { recipientKey: this.#recipientKey };
    return [
      requestBody(`${name}-a`, { recipientKey }),
      requestBody(`${name}-b`, { recipientKey, purpose: 'identity', keySpec: 'ECC_NIST_P384' }),
      requestBody(`${name}-c`, { purpose: 'identity', assurance: 'medium-hardware' }),
    ];
  }

  #subscriber(subscriberId: string): PersistentClient {
    // Later than any try so far: the time of a sign-in is told in whole seconds.
    const soon = () => ({ auth_time: Math.floor(Date.now() / 1_000) + 2 });
    const client = new PersistentClient(this.#server, () =>
      this.#people.tokenOf(subscriberId, ['subscriber'], soon()),
    );
    this.#clients.push(client);
    return client;
  }

  /** Asks as the workflow does. */
  async #ask(target: string, body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    return await this.#workflow.call('POST', target, {
      body,
      headers: { 'idempotency-key': randomUUID(), ...headers },
    });
  }
}

function count<T>(most: number, make: (index: number) => T): T[] {
  return Array.from({ length: most }, (_, index) => make(index));
}
