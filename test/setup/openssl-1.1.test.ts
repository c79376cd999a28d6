import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureOpenssl11, openssl11Node } from './openssl-1.1.ts';
import { type Run, run as reallyRun } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('ensureOpenssl11', () => {
  const said: string[] = [];
  const commands: { line: string; cwd: string | undefined }[] = [];
  const isFetch = (line: string) => line.includes(' ci --prefix ');

  beforeEach(() => {
    said.length = 0;
    commands.length = 0;
  });

  /** A machine whose Node 16 answers so before and after it was fetched. */
  function machine({ before = 'nothing', after = '1.1.1v+quic', fetches = true, npm = true } = {}): Run {
    let answer = before;
    return (command, options) => {
      const line = command.join(' ');
      commands.push({ line, cwd: options?.cwd });
      if (line.endsWith('npm --version')) return { status: npm ? 0 : 1, output: '' };
      if (isFetch(line)) {
        if (fetches) answer = after;
        return { status: fetches ? 0 : 1, output: 'what npm said' };
      }
      return { status: answer === 'nothing' ? 127 : 0, output: `${answer}\n` };
    };
  }
  const ensure = (run: Run, path = process.env['PATH'] ?? '') =>
    ensureOpenssl11('/project', { path, isRoot: false, run, say: (line) => said.push(line) });

  it('does nothing, and says nothing, where it is there', () => {
    ensure(machine({ before: '1.1.1v+quic' }));
    expect(commands.map(({ line }) => line)).toEqual([
      `${openssl11Node('/project')} -p process.versions.openssl`,
    ]);
    expect(said).toEqual([]);
  });

  it.each(['nothing', '3.0.13+quic'])(
    'fetches what is locked, without scripts, where %s is there',
    (before) => {
      ensure(machine({ before }));
      const fetches = commands.filter(({ line }) => isFetch(line));
      expect(fetches).toEqual([
        {
          line: expect.stringMatching(/ ci --prefix \/project\/test\/openssl-1\.1 --ignore-scripts /),
          cwd: '/project/test/openssl-1.1',
        },
      ]);
      expect(said).toEqual(['fetching Node 16, which carries OpenSSL 1.1.1']);
    },
  );

  it.each([
    ['npm cannot fetch it', { fetches: false }, /npm could not fetch[\s\S]*what npm said/],
    ['it does not run once fetched', { after: 'nothing' }, /does not run here/],
    ['another OpenSSL was fetched', { after: '3.0.13+quic' }, /does not run here/],
  ])('stops with what to run where %s', (_, failing, message) => {
    const ensuring = () => ensure(machine(failing));
    expect(ensuring).toThrow(message);
    const command = 'npm ci --prefix test/openssl-1.1';
    expect(ensuring).toThrow(expect.objectContaining({ name: 'SetUpProblem', command }));
  });

  it('is there where the tests run', () => {
    const { output } = reallyRun([openssl11Node(root), '-p', 'process.versions.openssl']);
    expect(output).toMatch(/^1\.1\.1/);
  });
});
