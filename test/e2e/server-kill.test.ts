import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compactVerify, createLocalJWKSet, exportJWK, generateKeyPair, type JWK } from 'jose';
import { Webhook } from 'standardwebhooks';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import { Secret } from '#domain/secret.ts';
import { openService } from '#local/service.ts';
import type { Followed } from '#test/support/api-client.ts';
import { filesUnder, present } from '#test/support/demo.ts';
import { setUp } from '#test/support/enrolling.ts';
import { Load, type Told } from '#test/support/load.ts';
import { openedByPassword } from '#test/support/opened-enrollment.ts';
import { type OutsidePeople, organization, outsidePeople } from '#test/support/people.ts';
import { PersistentFollower } from '#test/support/persistent-client.ts';
import { openWithOpenssl, spkiOf } from '#test/support/pfx-tools.ts';
import { type Receiver, startReceiver } from '#test/support/receiver.ts';
import { testServer } from '#test/support/server.ts';
import { DataFolder } from '#test/support/traces.ts';
import { expectWhole } from '#test/support/whole-folder.ts';

const server = testServer();
const folder = new DataFolder(server.data);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const kills = 12;
const size = { lives: 18, batches: 4, posts: 4, clients: 6 };

let people: OutsidePeople;
let options: string[];
let receiver: Receiver;
let recoveryKey: JWK;
let secret: string;
let load: Load;
let followed: Followed[];
let killed = 0;
/** A part of the ciphertext of every locked record that a kill found, by its id. */
const lockedRecords = new Map<string, Buffer>();

/** When to kill: at most so many more of these than there are. */
const counted = [
  { most: 30, sql: 'SELECT coalesce(sum(version), 0) FROM aggregates' },
  { most: 16, sql: 'SELECT count(*) FROM ledger' },
  { most: 3, sql: 'SELECT count(*) FROM vault_objects' },
  { most: 25, sql: "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'messages'" },
];

/** Waits for a moment of some kind, give or take a little, or for the end of the work. */
async function moment(isOver: () => boolean): Promise<void> {
  const { most, sql } = present(counted[Math.floor(Math.random() * counted.length)]);
  const target = folder.count(sql) + Math.ceil(Math.random() * most);
  while (!isOver() && folder.count(sql) < target) await pause(5);
  await pause(Math.random() * 60);
}

function rememberLockedRecords(): void {
  for (const { id, bytes } of folder.rows('SELECT id, bytes FROM locked_keys', 'locked-keys.db')) {
    if (bytes instanceof Uint8Array) lockedRecords.set(String(id), Buffer.from(bytes.slice(-160, -60)));
  }
}

/** Kills the server again and again while work is under way; now and then before it listens. */
async function killUntil(work: Promise<void>): Promise<void> {
  let isOver = false;
  const ended = work.finally(() => {
    isOver = true;
  });
  // Whoever waits for the work hears of its failure.
  ended.catch(() => {});
  while (!isOver && killed < kills) {
    await moment(() => isOver);
    if (isOver) break;
    await server.end('SIGKILL');
    killed += 1;
    rememberLockedRecords();
    if (killed % 4 === 0) await server.startAndKill(options, 300 + Math.random() * 500);
    await server.start(options);
  }
  await ended;
}

/** Waits until no event waits any more. */
async function settled(token: string): Promise<void> {
  const waiting = v.object({ waiting: v.literal(0) });
  const made = () => folder.count("SELECT count(*) FROM aggregates WHERE state IN ('accepted', 'making')");
  for (;;) {
    const { json } = await server.call('GET', '/v1/status', { token });
    const published = 'SELECT count(*) FROM outbox WHERE position > (SELECT published FROM outbox_cursor)';
    if (v.is(waiting, json['messages']) && folder.count(published) === 0 && made() === 0) return;
    await pause(50);
  }
}

beforeAll(async () => {
  receiver = await startReceiver();
  people = await outsidePeople();
  options = [...people.options, '--webhook-allow', '127.0.0.0/8'];
  await server.start(options);
  recoveryKey = await setUp(server, people);
  const administrator = await people.token('root', 'administrator');
  const webhook = await server.call('POST', '/v1/webhooks', {
    token: administrator,
    body: { url: receiver.url },
  });
  secret = v.parse(v.object({ secret: v.string() }), webhook.json).secret;
  const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  load = new Load(server, people, await exportJWK(publicKey));

  const follower = new PersistentFollower(server, administrator);
  await killUntil(load.run(size));
  await settled(administrator);
  const all = await server.follow(administrator, { query: '?from=beginning' });
  await all.until(() => true, folder.count('SELECT count(*) FROM outbox'));
  all.close();
  while (follower.seen() < all.events.length) await pause(50);
  followed = await follower.stop();
  expect(followed).toEqual(all.events);
  expect(await server.end()).toBe(0);
}, 240_000);
afterAll(async () => {
  await people.close();
  await receiver.close();
});

/** The record of what somebody was told of. */
function recordOf({ id }: Told): Enrollment {
  return present(folder.enrollments().find((enrollment) => enrollment.id === id));
}

describe('a server that was killed again and again under load', () => {
  it('was killed while it was at work, and cut off requests that were repeated', () => {
    expect(killed).toBeGreaterThanOrEqual(5);
    expect(load.cutOff).toBeGreaterThanOrEqual(killed);
    expect(load.told.length).toBe(size.lives + 4 * size.batches + 3 * size.posts);
  });

  it('has each enrollment that was asked for, once, as it was told', () => {
    const enrollments = folder.enrollments();
    const subscribers = enrollments.map(({ subscriber }) => subscriber.id);
    expect(subscribers.sort()).toEqual(load.told.map(({ subscriberId }) => subscriberId).sort());
    for (const told of load.told) {
      const { state, subscriber, key, exports } = recordOf(told);
      expect(subscriber.id).toBe(told.subscriberId);
      const expected = told.destroyed
        ? 'destroyed'
        : told.key === undefined
          ? 'awaiting-subscriber'
          : 'ready';
      expect([told.id, state]).toEqual([told.id, expected]);
      if (told.key !== undefined) expect(key).toMatchObject(told.key);
      expect(exports).toBeGreaterThanOrEqual(told.copies.length);
    }
  });

  it('left a whole data folder', async () => {
    await expectWhole(server.data, organization, recoveryKey);
  });

  it('gave copies that open, and keeps the receipt of each', async () => {
    const [resident] = await jwksOf();
    const keys = createLocalJWKSet({ keys: [present(resident)] });
    const file = join(server.root, 'copy.pfx');
    for (const { key, copies } of load.told) {
      for (const { pfx, password, receipt } of copies) {
        writeFileSync(file, pfx);
        const { privateKey } = await openWithOpenssl(file, password);
        const spkiSha256 = sha256(spkiOf(privateKey));
        expect(spkiSha256).toBe(key?.spkiSha256);
        const jws = folder.document('receipt', present(receipt.split('/').at(-1)));
        const { payload } = await compactVerify(jws, keys);
        const stated = JSON.parse(new TextDecoder().decode(payload));
        expect(stated).toMatchObject({ pfxSha256: sha256(pfx), spkiSha256 });
      }
    }
  });

  it('opens each key by its present password only', async () => {
    const { dependencies, close } = await openService({ folder: server.data, keys: 'software' });
    const records = load.told.map((told) => ({ told, record: recordOf(told) }));
    for (const { told, record } of records) {
      if (told.password === undefined || told.destroyed) continue;
      const opened = (text: string) => openedByPassword(dependencies, record, Secret.fromText(text));
      expect(await opened(told.password)).toBe(told.key?.spkiSha256);
      for (const old of told.oldPasswords) {
        await expect(opened(old)).rejects.toMatchObject({ code: 'wrong-password' });
      }
    }
    await close();
  });

  it('has no trace of a locked record that a change or a destruction discarded', () => {
    const kept = folder.documents();
    const discarded = [...lockedRecords].filter(([id]) => !kept.includes(`locked-key ${id}`));
    expect(discarded.length).toBeGreaterThan(0);
    const files = filesUnder(server.data).map((path) => ({
      path,
      bytes: readFileSync(join(server.data, path)),
    }));
    for (const [id, part] of discarded) {
      expect([id, ...files.filter(({ bytes }) => bytes.includes(part)).map(({ path }) => path)]).toEqual([
        id,
      ]);
    }
  });

  it('told each event once to whoever followed, and to the webhook at least once, under one id', () => {
    expect(new Set(followed.map(({ id }) => id)).size).toBe(followed.length);
    const ids = new Map<string, Set<string>>();
    for (const { headers, body } of receiver.received) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      const { id } = JSON.parse(body);
      ids.set(id, (ids.get(id) ?? new Set()).add(present(headers['webhook-id'])));
    }
    expect([...ids.keys()].sort()).toEqual(followed.map(({ id }) => id).sort());
    expect([...ids.values()].filter(({ size: names }) => names !== 1)).toEqual([]);
    expect(new Set([...ids.values()].flatMap((names) => [...names])).size).toBe(ids.size);
  });
});

/** The keys that the receipts of this folder are signed by. */
async function jwksOf(): Promise<JWK[]> {
  const { dependencies, close } = await openService({ folder: server.data, keys: 'software' });
  const key = await dependencies.keys.receiptKey();
  await close();
  return [{ ...key }];
}
