import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answered, type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import { organization, requestData } from '#test/support/world.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await makeApiWorld();
});
afterAll(() => api.close());

function event(id: string, key: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  const source = `/organizations/${organization}`;
  const data = requestData({ idempotencyKey: key });
  return { specversion: '1.0', id, source, type: 'EnrollmentRequested', data, ...change };
}

async function send(body: unknown): Promise<Answered> {
  const token = await api.as('enrollment-workflow', { subject: 'workflow' });
  return await api.call('POST', '/v1/events', { token, body });
}

const waiting = async () => {
  const messages = await api.world.queues.receive('request-enrollment', 100, 1);
  for (const message of messages) await api.world.queues.acknowledge(message);
  return messages.map((message) => JSON.stringify(message.event.data));
};

describe('an event that is sent in', () => {
  it('again, as after an answer that was lost, is taken once', async () => {
    expect([(await send(event('a', 'k-1'))).status, (await send(event('a', 'k-1'))).status]).toEqual([
      202, 202,
    ]);
    expect(await waiting()).toHaveLength(1);
  });

  it('under the id of another is refused, and not taken for it', async () => {
    expect((await send(event('b', 'k-2'))).status).toBe(202);
    const other = await send(event('b', 'k-3'));
    expect([other.status, other.code]).toEqual([409, 'idempotency-mismatch']);
    const [only, ...more] = await waiting();
    expect([only?.includes('k-2'), more]).toEqual([true, []]);
    // Nor later, when the first one has long been worked on.
    expect((await send(event('b', 'k-3'))).status).toBe(409);
    expect(await waiting()).toEqual([]);
    expect(api.world.dependencies.ledger.entries.at(-1)).toMatchObject({
      ...{ action: 'publish-events', outcome: 'refused', code: 'idempotency-mismatch', about: ['id'] },
    });
  });

  it('in a batch with another of its id is refused with the whole batch', async () => {
    const refused = await send([event('c', 'k-4'), event('d', 'k-5'), event('c', 'k-6')]);
    expect(refused.status).toBe(409);
    expect(await waiting()).toEqual([]);
    expect((await send([event('c', 'k-4'), event('d', 'k-5'), event('c', 'k-4')])).status).toBe(202);
    expect(await waiting()).toHaveLength(2);
  });

  it('of another source may have the same id', async () => {
    const source = `/organizations/${organization}/another-workflow`;
    expect((await send(event('e', 'k-7'))).status).toBe(202);
    expect((await send(event('e', 'k-8', { source }))).status).toBe(202);
    expect(await waiting()).toHaveLength(2);
  });

  it('that the bus did not take may be sent again', async () => {
    const { events } = api.world.dependencies;
    const { publish } = events;
    events.publish = () => Promise.reject(new TypeError('down'));
    expect((await send(event('f', 'k-9'))).status).toBe(500);
    events.publish = publish;
    expect((await send(event('f', 'k-9'))).status).toBe(202);
    expect(await waiting()).toHaveLength(1);
  });
});
