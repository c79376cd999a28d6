import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway } from '#local/server/gateway.ts';
import { type HttpServer, openHttpServer, usualLimits } from '#local/server/http-server.ts';
import type { ApiResponse } from '#runtime/http/api-request.ts';
import { eventually } from '#test/support/eventually.ts';
import { rawConnection } from './raw-request.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close(0);
});

const get = 'GET / HTTP/1.1\r\nhost: HOST\r\n\r\n';

/** A server that cuts off whoever does nothing for a moment. */
async function serving(body: () => ApiResponse['body']) {
  const handle = async () => ({ status: 200, headers: {}, body: body() });
  const listener = createGateway({ api: { handle }, stopping: new AbortController().signal });
  const server = await openHttpServer(0, listener, { ...usualLimits, stalledTimeout: 300 });
  open.push(server);
  return server;
}

describe('a client that reads nothing of its answer', () => {
  it('is cut off, and the stream let go of', async () => {
    let isLetGo = false;
    const server = await serving(async function* () {
      try {
        for (;;) yield 'x'.repeat(65_536);
      } finally {
        isLetGo = true;
      }
    });
    const { socket, ended } = await rawConnection(server.port);
    socket.pause();
    socket.write(get.replace('HOST', `127.0.0.1:${server.port}`));
    await eventually(() => expect(isLetGo).toBe(true));
    socket.resume();
    await ended;
    expect(server.inFlight()).toBe(0);
  });

  it('is cut off from one that is long', async () => {
    const server = await serving(() => new Uint8Array(64 * 1_024 * 1_024));
    const { socket, ended } = await rawConnection(server.port);
    socket.pause();
    socket.write(get.replace('HOST', `127.0.0.1:${server.port}`));
    await eventually(() => expect(server.inFlight()).toBe(1));
    await eventually(() => expect(server.inFlight()).toBe(0));
    socket.resume();
    await ended;
  });
});

it('a stream that says something now and then goes on', async () => {
  const server = await serving(async function* () {
    for (let piece = 0; piece < 8; piece++) {
      await pause(100);
      yield `: ${piece}\n`;
    }
  });
  expect(await (await fetch(server.url)).text()).toContain(': 7');
});
