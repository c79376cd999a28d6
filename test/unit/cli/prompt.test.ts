import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { writePfx } from '#crypto/pfx/write.ts';
import { Secret } from '#domain/secret.ts';
import { subjectOf } from '../crypto/pfx/subject.ts';
import { shell, wordsOf } from './shell.ts';

const { path, write } = shell();
const right = 'correct horse 42';
const question = 'Password of the file: ';

beforeAll(async () => {
  const { privateKey, certificate } = await subjectOf();
  const certificates = [certificate];
  const password = Secret.fromText(right);
  write('ours.pfx', await writePfx({ privateKey, certificates, friendlyName: 'n', password, iterations: 2 }));
});

/** Runs a command on a terminal of its own (`script` of util-linux), and types once it is asked. */
async function typed(line: string, keys: string): Promise<{ status: number | null; screen: string }> {
  const command = wordsOf(line).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: path('.'), stdio: 'pipe' });
  let screen = '';
  let asked = false;
  child.stdout.on('data', (shown: Buffer) => {
    screen += shown.toString();
    if (!asked && screen.includes(question)) child.stdin.write(keys);
    asked ||= screen.includes(question);
  });
  const [status] = await once(child, 'close');
  return { status, screen: screen.replaceAll('\r\n', '\n') };
}

describe('escrow verify, at a terminal', () => {
  it.each(['', ' --password-file -'])(
    'asks for the password, and does not show it: verify ours.pfx%s',
    async (option) => {
      const { status, screen } = await typed(`escrow verify ours.pfx${option}`, `${right}\r`);
      expect(status).toBe(0);
      expect(screen).toMatch(/^Password of the file: \nIt opens, and its private key works\.\n/);
      expect(screen).not.toContain(right);
    },
  );

  it('lets the person correct it', async () => {
    const { status } = await typed('escrow verify ours.pfx', `${right.slice(0, -1)}9\u007f2\r`);
    expect(status).toBe(0);
  });

  it('says that a wrong one is wrong', async () => {
    const { status, screen } = await typed('escrow verify ours.pfx', 'zebra crossing\r');
    expect(status).toBe(1);
    expect(screen).toContain('(pfx-wrong-password-or-damaged)');
    expect(screen).not.toContain('zebra');
  });

  it('tries an empty one, too', async () => {
    const { status, screen } = await typed('escrow verify ours.pfx', '\r');
    expect(status).toBe(1);
    expect(screen).toContain('No password was entered: the file has one, or is damaged.');
  });

  it('ends with one line at Ctrl-D', async () => {
    const { status, screen } = await typed('escrow verify ours.pfx', '\u0004');
    expect(status).toBe(2);
    expect(screen).toBe(`${question}\nescrow: No password was entered. Run the same again. (usage)\n`);
  });

  it.each([
    ['at once', '\u0003'],
    ['after some letters', 'corr\u0003'],
  ])('ends at Ctrl-C as an interrupted program does, and says nothing: %s', async (_, keys) => {
    const { status, screen } = await typed('escrow verify ours.pfx', keys);
    expect({ status, screen }).toEqual({ status: 130, screen: `${question}\n` });
  });
});
