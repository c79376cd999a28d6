import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { type Answered, call, type Following, follow, type Sent } from './api-client.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const main = fileURLToPath(new URL('../../local/server/main.ts', import.meta.url));

/** The real server over a data folder of its own, as a process that can be ended and started again. */
export class TestServer {
  readonly root = mkdtempSync(join(tmpdir(), 'escrow-server-'));
  readonly data = join(this.root, 'data');
  /** Every process so far, the one that runs last. */
  readonly processes: ServerProcess[] = [];

  /** Starts it, on any free port unless the options name one, and waits until it listens. */
  async start(options: readonly string[] = [], environment: Record<string, string> = {}): Promise<void> {
    this.processes.push(await startServerProcess(['--data', this.data, ...options], environment));
  }

  /** Starts it, and kills it after some milliseconds, whatever it has come to by then. */
  async startAndKill(options: readonly string[], milliseconds: number): Promise<void> {
    const child = spawn(process.execPath, [main, '--data', this.data, '--port', '0', ...options], {
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await pause(milliseconds);
    child.kill('SIGKILL');
    await ended;
  }

  get process(): ServerProcess {
    const running = this.processes.at(-1);
    if (running === undefined) throw new TypeError('the server was not started');
    return running;
  }

  get url(): string {
    return this.process.url;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    return await this.process.end(signal);
  }

  async call(method: string, target: string, sent?: Sent): Promise<Answered> {
    return await call(this.url, method, target, sent);
  }

  async follow(token: string, from?: Parameters<typeof follow>[2]): Promise<Following> {
    return await follow(this.url, token, from);
  }
}

/** A server that is ended, and whose folder is removed, when the suite that declares it is done. */
export function testServer(): TestServer {
  const server = new TestServer();
  afterAll(async () => {
    for (const { child, end } of server.processes) {
      if (child.exitCode === null && child.signalCode === null) await end('SIGKILL');
    }
    rmSync(server.root, { recursive: true, force: true });
  });
  return server;
}

/** A port that is free, and that the system gives nobody who does not ask for it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer().once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
