import { describe, expect, it } from 'vitest';
import { asEscrowError } from '#domain/errors.ts';
import { csvRequests } from '../../../cli/enroll/requests.ts';
import { type Outcome, submit } from '../../../cli/enroll/submit.ts';
import { clientOf } from '../../../cli/server/client.ts';
import { json, scriptedServer } from './scripted-server.ts';

const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
const rows = (count: number) =>
  Array.from(
    { length: count },
    (_unused, index) => `p${index},A,B,a@example.org,identity,ECC_NIST_P256,medium`,
  );
const requestsOf = (count: number) =>
  csvRequests(Buffer.from([header, ...rows(count)].join('\n')), '').requests;

const enrollment = (id: string) => ({
  id,
  ...{ state: 'awaiting-subscriber', requestedAt: '2026-01-31T08:00:00Z', purpose: 'identity', label: 'l' },
  subscriber: { id: 'p', givenName: 'A', familyName: 'B', email: 'a@example.org' },
  ...{ keySpec: 'ECC_NIST_P256', assurance: 'medium', custody: 'software', exportable: true },
  ...{ escrow: 'forbidden', lock: 'password', policy: { version: 'v', rules: [] } },
  ...{ wrongPasswords: { inARow: 0, inLife: 0 }, backups: 0, exports: 0 },
});
const busy = {
  ...{ type: 'urn:enrollment-key-escrow:error:store-unavailable', title: 't', status: 503 },
  ...{ detail: 'd', code: 'store-unavailable', next: 'n', requestId: 'r', retryable: true },
};

/** Sends so many requests to a server that answers each by what `of` says of it. */
async function submitted(count: number, of: (key: string, batch: number) => unknown, size?: number) {
  const sent: string[][] = [];
  const { url, seen } = await scriptedServer((response, request, asking) => {
    const asked: { idempotencyKey: string }[] = JSON.parse(asking.body).requests;
    sent.push(asked.map(({ idempotencyKey }) => idempotencyKey));
    const results = asked.map(({ idempotencyKey }) => of(idempotencyKey, sent.length));
    json({ results })(response, request, asking);
  });
  const client = clientOf({
    server: url,
    token: 't',
    timeout: 5_000,
    message: () => {},
    sleep: async () => {},
  });
  const requests = requestsOf(count);
  const outcomes: Outcome[] = [];
  for await (const batch of submit(client, requests, size)) outcomes.push(...batch);
  return { outcomes, requests, sent, seen };
}

describe('a list of requests', () => {
  it('goes in batches, each row under its key', async () => {
    const { outcomes, requests, sent, seen } = await submitted(
      5,
      (key) => ({ enrollment: enrollment(key) }),
      2,
    );
    expect(sent.map((keys) => keys.length)).toEqual([2, 2, 1]);
    expect(sent.flat()).toEqual(requests.map(({ idempotencyKey }) => idempotencyKey));
    const ids = outcomes.map((outcome) => 'enrollment' in outcome && outcome.enrollment.id);
    expect(ids).toEqual(sent.flat());
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
  });

  it('is the same batches when it is sent again', async () => {
    const keysOf = async () => {
      const { seen } = await submitted(3, (key) => ({ enrollment: enrollment(key) }), 2);
      return seen.map(({ headers }) => headers['idempotency-key']);
    };
    expect(await keysOf()).toEqual(await keysOf());
  });

  it('sends those again that met what may pass, and those alone', async () => {
    let first = '';
    const { outcomes, sent } = await submitted(3, (key, batch) => {
      first ||= key;
      return key === first && batch === 1 ? { problem: busy } : { enrollment: enrollment(key) };
    });
    expect(sent.map((keys) => keys.length)).toEqual([3, 1]);
    expect(outcomes.every((outcome) => 'enrollment' in outcome)).toBe(true);
    expect(outcomes.map(({ request }) => request.row)).toEqual([2, 3, 4]);
  });

  it('gives up those that do not pass, and tells of each', async () => {
    const { outcomes, sent } = await submitted(2, () => ({ problem: busy }));
    expect(sent).toHaveLength(3);
    expect(outcomes).toMatchObject([{ problem: busy }, { problem: busy }]);
  });

  it('is not taken for done where the answer does not tell of each', async () => {
    const { url } = await scriptedServer(json({ results: [] }));
    const client = clientOf({ server: url, token: 't', timeout: 5_000, message: () => {} });
    const error = await submit(client, requestsOf(1))
      .next()
      .then(() => undefined, asEscrowError);
    expect(error?.code).toBe('answer-unknown');
  });
});
