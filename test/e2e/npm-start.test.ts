import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const checkout = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the process of npm start, told to end, takes the server with it in order', async () => {
  const data = join(folder, 'data');
  const npm = spawn('npm', ['start', '--', '--port', '0', '--data', data, '--json-logs'], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  // Comes once nothing holds its output any more: neither npm, nor its shell, nor the server.
  const closed = once(npm, 'close');
  while (!printed.includes('Stop it with') && npm.exitCode === null) await once(npm.stdout, 'data');
  npm.kill('SIGTERM');
  await closed;
  expect(printed).toContain('"message":"stopped"');
  const [, url = ''] = /listens on (\S+)/.exec(printed) ?? [];
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
});
