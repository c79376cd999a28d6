import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '#runtime/http/api-request.ts';
import { eventually } from '#test/support/eventually.ts';
import { gatewaySubject } from './gateway-subject.ts';
import { rawConnection } from './raw-request.ts';

const { serve } = gatewaySubject();
const get = 'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';

/** A gateway before one stream; it knows how many pieces were asked for, and whether it was let go of. */
async function streaming(piecesOf: (signal: AbortSignal) => AsyncIterable<string>) {
  const state = { asked: 0, ended: false };
  async function* observed(signal: AbortSignal): AsyncGenerator<string> {
    try {
      for await (const piece of piecesOf(signal)) {
        state.asked += 1;
        yield piece;
      }
    } finally {
      state.ended = true;
    }
  }
  const handle = async ({ signal }: ApiRequest) => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: observed(signal),
  });
  return { state, ...(await serve({ handle })) };
}

/** Two pieces, and then nothing until the signal. */
async function* twoThenWait(signal: AbortSignal): AsyncGenerator<string> {
  yield 'data: 1\n\n';
  yield 'data: 2\n\n';
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

async function* endless(piece: string): AsyncGenerator<string> {
  for (;;) yield piece;
}

describe('a stream', () => {
  it('is sent piece by piece, as it comes', async () => {
    const next = Promise.withResolvers<void>();
    const { port } = await streaming(async function* () {
      yield 'data: first\n\n';
      await next.promise;
      yield 'data: second\n\n';
    });
    const { socket, received } = await rawConnection(port);
    socket.write(get);
    await eventually(() => expect(received()).toContain('data: first'));
    expect(received()).not.toContain('second');
    next.resolve();
    await eventually(() => expect(received()).toMatch(/data: second.*\r\n0\r\n\r\n$/s));
  });

  it('sends its headers before there is anything to say', async () => {
    const { url } = await streaming(async function* (signal) {
      await pause(60_000, undefined, { signal }).catch(() => undefined);
      yield* [];
    });
    const { status, headers, body } = await fetch(url);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    await body?.cancel();
  });

  it('ends when its client goes', async () => {
    const { port, state } = await streaming(twoThenWait);
    const { socket, received } = await rawConnection(port);
    socket.write(get);
    await eventually(() => expect(received()).toContain('data: 2'));
    expect(state.ended).toBe(false);
    socket.destroy();
    await eventually(() => expect(state.ended).toBe(true));
  });

  it('ends properly when the service stops', async () => {
    const { url, state, stop } = await streaming(twoThenWait);
    const answer = await fetch(url);
    const whole = answer.text();
    await eventually(() => expect(state.asked).toBe(2));
    stop();
    expect(await whole).toBe('data: 1\n\ndata: 2\n\n');
    expect(state.ended).toBe(true);
  });

  it('that begins when the service is stopping ends at once', async () => {
    const { url, state, stop } = await streaming(twoThenWait);
    stop();
    expect(await (await fetch(url)).text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(state.ended).toBe(true);
  });

  it('that fails is cut off, so that nobody takes it for whole', async () => {
    const { url } = await streaming(async function* () {
      yield 'data: 1\n\n';
      throw new TypeError('marked');
    });
    const answer = await fetch(url);
    await expect(answer.text()).rejects.toThrow();
  });

  it('waits for a client that does not read, and goes on with it', async () => {
    const piece = 'x'.repeat(65_536);
    const { port, state } = await streaming(() => endless(piece));
    const { socket, received } = await rawConnection(port);
    socket.pause();
    socket.write(get);
    const settled = async () => {
      for (let before = -1; before !== state.asked; await pause(100)) before = state.asked;
      return state.asked;
    };
    const waiting = await settled();
    expect(waiting).toBeGreaterThan(0);
    // What the two sockets hold, and no more.
    expect(waiting * piece.length).toBeLessThan(64 * 1_048_576);
    socket.resume();
    await eventually(() => expect(state.asked).toBeGreaterThan(waiting));
    expect(received()).toContain(piece.slice(0, 1_000));
    socket.destroy();
    await eventually(() => expect(state.ended).toBe(true));
  });

  it('that waits for a client ends when that client goes', async () => {
    const { port, state } = await streaming(() => endless('x'.repeat(65_536)));
    const { socket } = await rawConnection(port);
    socket.pause();
    socket.write(get);
    await eventually(() => expect(state.asked).toBeGreaterThan(1));
    socket.destroy();
    await eventually(() => expect(state.ended).toBe(true));
  });

  it('is not begun for HEAD', async () => {
    const { url, state } = await streaming(twoThenWait);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect(state.asked).toBe(0);
  });
});
