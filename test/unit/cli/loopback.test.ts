import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackPorts } from '#contract/loopback-ports.ts';
import { listenForAnswer } from '../../../cli/sign-in/loopback.ts';

const opened: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

async function listen() {
  const redirect = await listenForAnswer('state-1');
  opened.push(redirect);
  return { ...redirect, port: Number(new URL(redirect.redirectUri).port) };
}

/** Takes every port that issuers may have been told, where nobody has it already. */
async function takeAllPorts(): Promise<void> {
  for (const port of loopbackPorts) {
    const server = createServer().listen(port, '127.0.0.1');
    const taken = await once(server, 'listening').catch(() => undefined);
    if (taken !== undefined) opened.push(server);
  }
}

describe('waiting for the answer of an issuer', () => {
  it('is on a port that the issuer can have been told, at the address that it was told', async () => {
    const { redirectUri, port } = await listen();
    expect(loopbackPorts).toContain(port);
    expect(redirectUri).toBe(`http://127.0.0.1:${port}/callback`);
  });

  it('is on another of them for whoever signs in at the same time', async () => {
    const [one, other] = [await listen(), await listen()];
    expect(other.port).not.toBe(one.port);
    expect(loopbackPorts).toContain(other.port);
  });

  it('is on any port where those are taken, for issuers that do not mind', async () => {
    await takeAllPorts();
    const { port } = await listen();
    expect(loopbackPorts).not.toContain(port);
  });

  it('ends with the answer that carries the state', async () => {
    const { redirectUri, answer } = await listen();
    const answered = answer();
    await fetch(`${redirectUri}?state=other&code=1`);
    await fetch(`${redirectUri}?state=state-1&code=2`);
    expect((await answered).searchParams.get('code')).toBe('2');
  });
});
