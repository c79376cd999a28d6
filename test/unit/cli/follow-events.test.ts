import { describe, expect, it } from 'vitest';
import { eventFrame } from '#contract/server-sent-events.ts';
import { asEscrowError } from '#domain/errors.ts';
import { clientOf } from '../../../cli/server/client.ts';
import { type Followed, type Following, followEvents } from '../../../cli/server/follow-events.ts';
import { problem, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';

const frame = (position: string, type = 'BackupEscrowed') => eventFrame({ position, event: { type } });
const opened: ScriptedAnswer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' });

/** An open stream that sends some frames, then ends, breaks off, or stays. */
function stream(frames: readonly string[], then: 'end' | 'break' | 'stay' = 'end'): ScriptedAnswer {
  return (response, request, seen) => {
    opened(response, request, seen);
    response.write('retry: 1\n\n');
    for (const each of frames) response.write(each);
    if (then === 'end') response.end();
    if (then === 'break') setImmediate(() => response.destroy());
  };
}

/** Follows until so many events have come. */
async function follow(url: string, count: number, more: Partial<Following> = {}) {
  const said: string[] = [];
  const message = (text: string) => said.push(text);
  const client = clientOf({ server: url, token: 't', timeout: 20_000, message });
  const events: Followed[] = [];
  for await (const followed of followEvents(client, { from: 'now', message, pause: 1, ...more })) {
    events.push(followed);
    if (events.filter((each) => 'event' in each).length === count) break;
  }
  return { said, ids: events.map((each) => ('event' in each ? each.event.id : 'opened')) };
}

describe('following events', () => {
  it('gives each event as it came', async () => {
    const { url, seen } = await scriptedServer(stream([frame('1'), frame('2')], 'stay'));
    const { ids, said } = await follow(url, 2, { enrollmentId: 'enr_1', from: 'beginning' });
    expect({ ids, said }).toEqual({ ids: ['opened', '1', '2'], said: [] });
    expect(seen[0]).toMatchObject({ url: '/v1/events?from=beginning&enrollmentId=enr_1' });
    expect(seen[0]?.headers).toMatchObject({ accept: 'text/event-stream', authorization: 'Bearer t' });
    expect(seen[0]?.headers['last-event-id']).toBeUndefined();
  });

  it('reads events that come in pieces, letters of several bytes too', async () => {
    const bytes = Buffer.from(`id: 1\nevent: Ä\ndata: {"type":"Ä"}\n\n`);
    const { url } = await scriptedServer((response, request, seen) => {
      opened(response, request, seen);
      const next = (at: number) => {
        if (at === bytes.length) return;
        response.write(bytes.subarray(at, at + 1));
        setImmediate(next, at + 1);
      };
      next(0);
    });
    expect((await follow(url, 1)).ids).toEqual(['opened', '1']);
  });

  it.each(['end', 'break'] as const)(
    'goes on after the last one where the stream comes to an %s',
    async (then) => {
      const { url, seen } = await scriptedServer(stream([frame('1')], then), stream([frame('2')], 'stay'));
      const { ids, said } = await follow(url, 2);
      expect(ids).toEqual(['opened', '1', 'opened', '2']);
      expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1']);
      expect(said).toHaveLength(1);
    },
  );

  it('goes on from a position that came without an event', async () => {
    const { url, seen } = await scriptedServer(
      stream([eventFrame({ position: '7' })]),
      stream([frame('8')], 'stay'),
    );
    expect((await follow(url, 1)).ids).toEqual(['opened', 'opened', '8']);
    expect(seen[1]?.headers['last-event-id']).toBe('7');
  });

  it('takes a stream on which nothing comes for dead', async () => {
    const { url } = await scriptedServer(stream([frame('1')], 'stay'), stream([frame('2')], 'stay'));
    expect((await follow(url, 2, { silence: 30 })).ids).toEqual(['opened', '1', 'opened', '2']);
  });

  it('goes on while the server is busy, or away for a while', async () => {
    const busy = problem(503, 'store-unavailable', { retryable: true });
    const { url } = await scriptedServer(stream([frame('1')]), busy, busy, stream([frame('2')], 'stay'));
    expect((await follow(url, 2)).ids).toEqual(['opened', '1', 'opened', '2']);
  });

  it.each([
    ['sign-in-required', 401],
    ['not-found', 404],
  ])('ends where it is refused: %s', async (code, status) => {
    const { url } = await scriptedServer(stream([frame('1')]), problem(status, code));
    const error = await follow(url, 2).then(() => undefined, asEscrowError);
    expect(error?.code).toBe(code);
  });

  it('ends at once where the server was never there', async () => {
    const server = await scriptedServer(opened);
    await server.close();
    const error = await follow(server.url, 1).then(() => undefined, asEscrowError);
    expect(error?.code).toBe('server-unreachable');
  });
});
