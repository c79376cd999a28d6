import { describe, expect, it } from 'vitest';
import { ProviderError, SetUpError } from '#domain/errors.ts';
import type { ApiRequest, ApiResponse } from '#runtime/http/api-request.ts';
import { type ApiWorkerParts, answerEvent } from '#runtime/lambda/api-worker.ts';
import { createLogger } from '#runtime/log.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { type ApiEventParts, apiEvent, invocation } from '#test/support/lambda-events.ts';
import { apiSubject } from '../http/api-subject.ts';

/** Answers an event, and keeps what is logged. */
function answering(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  parts: Partial<ApiWorkerParts> = {},
) {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (text: string) => lines.push(JSON.parse(text)) };
  const log = createLogger({ stream, clock: new ManualClock() });
  const opened = async () => ({ handle });
  const ask = async (event: ApiEventParts | object = {}, milliseconds?: number) => {
    const whole = 'requestContext' in event || 'Records' in event ? event : apiEvent(event);
    const result = await answerEvent(whole, invocation(milliseconds), { opened, log, ...parts });
    return { ...result, problem: () => JSON.parse(result.body) };
  };
  return { ask, lines };
}

const nothing: ApiResponse = { status: 204, headers: {}, body: undefined };

describe('a function that answers routes', () => {
  it('answers by the API', async () => {
    const { api } = apiSubject();
    const { ask } = answering((request) => api.handle(request));
    const headers = { authorization: 'ada', 'x-request-id': 'mine' };
    const { statusCode, headers: sent, body } = await ask({ path: '/things/a', headers });
    expect({ statusCode, body }).toStrictEqual({ statusCode: 200, body: '{"ok":true}' });
    expect(sent).toMatchObject({ 'cache-control': 'no-store', 'x-request-id': 'mine' });
  });

  it('answers to HEAD without a body', async () => {
    const { api } = apiSubject();
    const { ask } = answering((request) => api.handle(request));
    const result = await ask({ method: 'HEAD', path: '/news' });
    expect(result).toMatchObject({ statusCode: 200, body: '', isBase64Encoded: false });
  });

  it('answers without a body where there is none', async () => {
    expect(await answering(async () => nothing).ask()).toMatchObject({ statusCode: 204, body: '' });
  });

  it('says by a problem document that it is no request', async () => {
    const { ask, lines } = answering(async () => nothing);
    const { statusCode, headers, problem } = await ask({ Records: [] });
    expect(statusCode).toBe(400);
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    expect(problem()).toMatchObject({ code: 'invalid-input', requestId: headers['x-request-id'] });
    expect(lines).toMatchObject([{ message: 'request', code: 'invalid-input' }]);
  });

  it('says so in time when the time is up, under the name of the request', async () => {
    const hanging = Promise.withResolvers<ApiResponse>();
    const { ask, lines } = answering(() => hanging.promise);
    const { statusCode, headers, problem } = await ask({ headers: { 'x-request-id': 'slow' } }, 1_520);
    expect(statusCode).toBe(503);
    expect(headers).toMatchObject({ 'retry-after': '1', 'x-request-id': 'slow' });
    expect(problem()).toMatchObject({ code: 'timed-out', requestId: 'slow', retryable: true });
    expect(lines).toMatchObject([{ message: 'request', requestId: 'slow', code: 'timed-out' }]);
    hanging.resolve(nothing);
  });

  it('tells the work when the time is up', async () => {
    const told = Promise.withResolvers<void>();
    const { ask } = answering(async ({ signal }) => {
      signal.addEventListener('abort', () => told.resolve());
      return await new Promise<ApiResponse>(() => {});
    });
    await Promise.all([told.promise, ask({}, 1_520)]);
  });

  it('begins nothing when there is no time', async () => {
    const { ask } = answering(async () => nothing);
    expect((await ask({}, 0)).problem()).toMatchObject({ code: 'timed-out' });
  });

  it('tells what cannot be opened now as what may pass, and the operator why', async () => {
    const opened = () => Promise.reject(new ProviderError('provider-unavailable'));
    const { ask, lines } = answering(async () => nothing, { opened });
    const { statusCode, problem } = await ask();
    expect({ statusCode, ...problem() }).toMatchObject({ statusCode: 503, code: 'provider-unavailable' });
    expect(lines[0]).toMatchObject({ message: 'not-opened', code: 'provider-unavailable' });
  });

  it('tells nobody but the operator what the operator must mend', async () => {
    const failure = new SetUpError('not-set-up', { field: 'ESCROW_SOMETHING' });
    const { ask, lines } = answering(async () => nothing, { opened: () => Promise.reject(failure) });
    const { statusCode, body } = await ask();
    expect({ statusCode, ...JSON.parse(body) }).toMatchObject({ statusCode: 500, code: 'internal' });
    expect(body).not.toContain('ESCROW');
    expect(lines[0]).toMatchObject({ message: 'not-opened', code: 'not-set-up' });
  });

  it('opens again at the next request what could not be opened', async () => {
    let tries = 0;
    const opened = async () => {
      tries += 1;
      if (tries === 1) throw new ProviderError('provider-busy');
      return { handle: async () => nothing };
    };
    const { ask } = answering(async () => nothing, { opened });
    expect([(await ask()).statusCode, (await ask()).statusCode]).toStrictEqual([503, 204]);
  });
});

describe('a stream that is answered with', () => {
  const gathering = { untilFirst: 200, untilNext: 10, inAll: 10_000, most: 1_000 };
  const event = (id: number) => `event: Thing\nid: ${id}\ndata: {"id":${id}}\n\n`;
  const streaming = (stream: (signal: AbortSignal) => AsyncIterable<string>, change = {}) =>
    answering(
      async ({ signal }) => ({
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: stream(signal),
      }),
      { gathering: { ...gathering, ...change } },
    );

  /** What never ends by itself. */
  async function* endless(signal: AbortSignal, ...pieces: string[]): AsyncGenerator<string> {
    yield* pieces;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    yield 'id: 9\n\n';
  }

  it('is gathered to its end', async () => {
    const { ask } = streaming(async function* () {
      yield* [event(1), event(2)];
    });
    expect((await ask()).body).toBe(event(1) + event(2));
  });

  it('ends when no further event follows, with what it says last', async () => {
    const { ask } = streaming((signal) => endless(signal, 'retry: 2000\n\n', event(1), event(2)));
    expect((await ask()).body).toBe(`retry: 2000\n\n${event(1)}${event(2)}id: 9\n\n`);
  });

  it('waits longer for the first event than for the next', async () => {
    const { ask } = streaming((signal) => endless(signal, 'retry: 2000\n\n', ': nothing new\nid: 1\n\n'));
    expect((await ask()).body).toBe('retry: 2000\n\n: nothing new\nid: 1\n\nid: 9\n\n');
  });

  it('ends in time', async () => {
    const { ask } = streaming((signal) => endless(signal, 'retry: 2000\n\n'), { untilFirst: 60_000 });
    expect((await ask({}, 1_550)).statusCode).toBe(200);
  });

  it('ends before it is too large', async () => {
    let given = 0;
    const { ask } = streaming(async function* () {
      for (;;) {
        given += 1;
        yield event(given);
      }
    });
    const { body } = await ask();
    expect(body.length).toBeLessThan(1_100);
    expect(body.endsWith('\n\n')).toBe(true);
  });

  it('is what came until it failed', async () => {
    const { ask } = streaming(async function* () {
      yield event(1);
      throw new ProviderError('provider-busy');
    });
    expect((await ask()).body).toBe(event(1));
  });
});
