import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnrollmentView } from '#contract/api/enrollments.ts';
import type { Answered, Sent } from '#test/support/api-client.ts';
import { enroll, enrollmentIn, exportBody, requestBody, setUp } from '#test/support/enrolling.ts';
import { misplaced } from '#test/support/misplaced-secrets.ts';
import { EvaluationPeople } from '#test/support/people.ts';
import { openWithOpenssl } from '#test/support/pfx-tools.ts';
import { outputOf } from '#test/support/program.ts';
import { type Receiver, startReceiver } from '#test/support/receiver.ts';
import { scanFolder } from '#test/support/scan-folder.ts';
import { SecretScanner } from '#test/support/secret-scanner.ts';
import { type KnownSecret, secretsOfCustody, secretsOfKey } from '#test/support/secrets-of-demo.ts';
import { type TestServer, testServer } from '#test/support/server.ts';
import { type Collector, startCollector } from '#test/unit/runtime/collector.ts';

const runs = [
  { keys: 'software', log: '--json-logs', server: testServer(), copies: testServer().root },
  { keys: 'pkcs11', log: '--pretty', server: testServer(), copies: testServer().root },
] as const;

/** What a program or person knows that must be written nowhere, and all that anybody was told. */
class Marked {
  readonly secrets: KnownSecret[] = [];
  readonly told: string[] = [];

  /** A secret made for this run. */
  text(name: string, length = 30): string {
    const text = `Mk-${randomBytes(length).toString('base64url')}`.slice(0, length);
    this.know(name, text);
    return text;
  }

  know(name: string, text: string, home?: string): void {
    this.secrets.push({ name, bytes: Buffer.from(text), ...(home !== undefined && { home }) });
  }
}

const told = v.object({ secret: v.string() });
const generated = v.object({ generatedPassword: v.string(), pfx: v.string() });

/** Everything that people do with a key, and much that they should not. */
class Flow {
  readonly marked = new Marked();
  readonly people: EvaluationPeople;
  readonly #server: TestServer;
  readonly #receiver: Receiver;

  constructor(server: TestServer, receiver: Receiver) {
    this.#server = server;
    this.#receiver = receiver;
    this.people = new EvaluationPeople(server);
  }

  /** Asks in somebody's name, and keeps what is answered where no secret belongs into the answer. */
  async #ask(subject: string, method: string, target: string, sent: Sent = {}): Promise<Answered> {
    const token = await this.people.token(subject, 'subscriber');
    const answer = await this.#server.call(method, target, { token, ...sent });
    if (answer.status >= 400 || method === 'GET') this.#keep(answer);
    return answer;
  }

  #keep({ text, headers }: Answered): void {
    this.marked.told.push(text, JSON.stringify(headers));
  }

  async run(): Promise<void> {
    this.marked.know('set-up code', this.people.setUpCode());
    const recoveryKey = await setUp(this.#server, this.people);
    this.marked.secrets.push({
      name: 'recovery key',
      bytes: Buffer.from(String(recoveryKey.d), 'base64url'),
    });
    await this.#webhook();
    const identity = await this.#keyOf(requestBody('ada', { purpose: 'identity', keySpec: 'RSA_2048' }));
    const encryption = await this.#keyOf(requestBody('ada'));
    await this.#wrongPasswords(encryption);
    await this.#sameKeyForAnother();
    await this.#misplaced(identity);
    const confirm = { body: { confirm: identity.id } };
    await this.#ask('ada', 'POST', `/v1/enrollments/${identity.id}/destruction`, confirm);
    await this.#look(encryption);
    await this.#credentials();
  }

  async #webhook(): Promise<void> {
    const registered = await this.#ask('root', 'POST', '/v1/webhooks', { body: { url: this.#receiver.url } });
    const { webhook } = v.parse(v.object({ webhook: v.object({ id: v.string() }) }), registered.json);
    const target = `/v1/webhooks/${webhook.id}/secret-rotations`;
    const answers = [registered, await this.#ask('root', 'POST', target)];
    for (const [index, { json }] of answers.entries()) {
      const { secret } = v.parse(told, json);
      this.marked.know(`webhook secret ${index}`, secret);
      const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
      this.marked.secrets.push({ name: `webhook secret ${index}, decoded`, bytes });
    }
  }

  /** Takes an enrollment through all that its subscriber does. */
  async #keyOf(body: ReturnType<typeof requestBody>): Promise<EnrollmentView> {
    const { id } = await enroll(this.#server, this.people, body);
    const path = `/v1/enrollments/${id}`;
    const password = this.marked.text('lock password');
    const set = await this.#ask('ada', 'POST', `${path}/password`, { body: { password } });
    const own = this.marked.text('file password');
    const copy = exportBody(password, { is: 'own', password: own });
    const { bytes } = await this.#ask('ada', 'POST', `${path}/exports`, { body: copy });
    await this.#knowKeyIn(bytes, own);
    const newPassword = this.marked.text('new lock password');
    const change = { currentPassword: password, newPassword };
    await this.#ask('ada', 'POST', `${path}/password-changes`, { body: change });
    const json = { accept: 'application/json' };
    const made = exportBody(newPassword, { is: 'generated' });
    const answer = await this.#ask('ada', 'POST', `${path}/exports`, { body: made, headers: json });
    this.marked.know('generated password', v.parse(generated, answer.json).generatedPassword);
    return enrollmentIn(set);
  }

  async #knowKeyIn(pfx: Uint8Array, password: string): Promise<void> {
    const file = join(this.#server.root, 'copy.pfx');
    writeFileSync(file, pfx);
    const { privateKey } = await openWithOpenssl(file, password);
    this.marked.secrets.push(...secretsOfKey('private key', privateKey));
  }

  async #wrongPasswords({ id }: EnrollmentView): Promise<void> {
    const path = `/v1/enrollments/${id}`;
    const wrong = this.marked.text('wrong password');
    const own = this.marked.text('file password that is not used');
    const weak = this.marked.text('weak password', 11);
    const notAscii = `${this.marked.text('password that is not ASCII')}é`;
    const bodies = [
      exportBody(wrong),
      exportBody(wrong, { is: 'own', password: own }),
      exportBody(wrong, { is: 'own', password: weak }),
      exportBody(wrong, { is: 'own', password: notAscii }),
    ];
    for (const body of bodies) await this.#ask('ada', 'POST', `${path}/exports`, { body });
    const newPassword = this.marked.text('new password that is not taken');
    await this.#ask('ada', 'POST', `${path}/password-changes`, {
      body: { currentPassword: wrong, newPassword },
    });
    for (const password of [wrong, weak, notAscii]) {
      await this.#ask('ada', 'POST', `${path}/password`, { body: { password } });
    }
  }

  /** A password in place of an idempotency key, which is taken: what it is does not matter. */
  async #sameKeyForAnother(): Promise<void> {
    const headers = { 'idempotency-key': this.marked.text('idempotency key') };
    for (const purpose of ['identity', 'encryption']) {
      await this.#ask('workflow', 'POST', '/v1/enrollments', {
        body: requestBody('bob', { purpose }),
        headers,
      });
    }
  }

  async #misplaced({ id }: EnrollmentView): Promise<void> {
    for (const [place, of] of misplaced(id)) {
      const secret = this.marked.text(`misplaced: ${place}`);
      const [subject, method, target, sent] = of(secret);
      const answer = await this.#ask(subject, method, target, sent);
      expect([place, answer.status >= 400]).toEqual([place, true]);
    }
  }

  async #look({ id }: EnrollmentView): Promise<void> {
    const path = `/v1/enrollments/${id}`;
    for (const target of ['/v1/enrollments', path, `${path}/backups`, `${path}/csr`, '/v1/notices']) {
      await this.#ask('ada', 'GET', target);
    }
    for (const target of ['/v1/organization', '/v1/webhooks', '/v1/dead-letters', '/v1/status']) {
      await this.#ask('root', 'GET', target);
    }
    const following = await this.#server.follow(await this.people.token('root', 'administrator'), {
      query: '?from=beginning',
    });
    await following.until(({ type }) => type === 'EnrollmentDestroyed');
    following.close();
    this.marked.told.push(following.text());
  }

  /** What accounts signed in with, and the tokens that they had for it. */
  async #credentials(): Promise<void> {
    for (const [subject, secret] of this.people.secrets) {
      this.marked.know(`secret of ${subject}`, secret);
      const token = await this.people.token(subject, 'subscriber');
      this.marked.know(`token of ${subject}`, token);
      this.marked.know(`signature of the token of ${subject}`, token.split('.')[2] ?? '');
    }
  }
}

describe.each(runs)(
  'everything that a server writes, with keys in $keys',
  ({ keys, log, server, copies }) => {
    let receiver: Receiver;
    let collector: Collector;
    let flow: Flow;
    let foundWhileOpen: Record<string, string[]>;

    beforeAll(async () => {
      receiver = await startReceiver();
      collector = await startCollector();
      const options = ['--keys', keys, log, '--webhook-allow', '127.0.0.0/8'];
      await server.start(options, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      flow = new Flow(server, receiver);
      await flow.run();
      flow.marked.secrets.push(...custodySecrets(server));
      // A copy, made by another process: reading a database's file in this one would drop its locks.
      await outputOf('cp', ['-r', server.data, join(copies, 'data')]);
      foundWhileOpen = scanFolder(copies, flow.marked.secrets);
      expect(await server.end()).toBe(0);
    });
    afterAll(async () => {
      await collector.close();
      await receiver.close();
    });

    const scanner = () => new SecretScanner(flow.marked.secrets);
    const findIn = (text: string) => scanner().find(Buffer.from(text));

    it('was written by a whole flow, with many refusals', () => {
      const codes = new Set(flow.marked.told.flatMap((text) => /"code":"([a-z-]+)"/.exec(text)?.[1] ?? []));
      for (const code of ['wrong-password', 'password-too-weak', 'password-not-ascii', 'invalid-input']) {
        expect(codes).toContain(code);
      }
      for (const code of ['token-invalid', 'no-such-route', 'not-found', 'idempotency-mismatch']) {
        expect(codes).toContain(code);
      }
      expect(receiver.received.length).toBeGreaterThan(5);
      expect(collector.spans().length).toBeGreaterThan(50);
      expect(server.process.stderr().length).toBeGreaterThan(5_000);
    });

    it('is scanned for secrets that the scan finds at their homes', () => {
      const homeless = flow.marked.secrets.map(({ name, bytes }) => ({ name, bytes }));
      const homes = flow.marked.secrets.flatMap(({ home }) => home ?? []);
      expect(homes.length).toBeGreaterThan(0);
      expect(Object.keys(scanFolder(server.root, homeless)).sort()).toEqual([...new Set(homes)].sort());
    });

    it('keeps none in the data folder, but in the files that are there to hold it', () => {
      expect(scanFolder(server.root, flow.marked.secrets)).toEqual({});
    });

    it('kept none while the server was open, in write-ahead logs either', () => {
      expect(foundWhileOpen).toEqual({});
    });

    it('shows none on the screen, in its log, or in its traces', () => {
      expect(findIn(server.process.stdout())).toEqual([]);
      expect(findIn(server.process.stderr())).toEqual([]);
      expect(findIn(collector.bodies.join('\n'))).toEqual([]);
    });

    it('tells none in answers that are not there to tell it, in streams, or to webhooks', () => {
      const all = scanner();
      for (const text of flow.marked.told) expect(all.find(Buffer.from(text))).toEqual([]);
      expect(findIn(JSON.stringify(receiver.received))).toEqual([]);
    });
  },
);

/** What custody and the built-in issuer keep secret, and where. */
function custodySecrets({ data }: TestServer): KnownSecret[] {
  const home = 'data/identity/keys.json';
  const { keys } = JSON.parse(readFileSync(join(data, 'identity', 'keys.json'), 'utf8'));
  const signing = { name: 'key that signs tokens', bytes: Buffer.from(keys[0].d, 'base64url'), home };
  return [...secretsOfCustody({ data }), signing];
}
