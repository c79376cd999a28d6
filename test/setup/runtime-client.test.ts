import { dirname, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Run } from './run.ts';
import { ensureRuntimeClient } from './runtime-client.ts';

describe('ensureRuntimeClient', () => {
  const said: string[] = [];
  const commands: { line: string; cwd: string | undefined; env: NodeJS.ProcessEnv | undefined }[] = [];
  const isFetch = (line: string) => line.includes(' ci --prefix ');
  const isBuild = (line: string) => line.startsWith('sh scripts/');

  beforeEach(() => {
    said.length = 0;
    commands.length = 0;
  });

  /** A machine on which the client loads once it was built. */
  function machine({ there = false, npm = true, fetches = true, builds = true, loads = true } = {}): Run {
    let good = there;
    return (command, options) => {
      const line = command.join(' ');
      commands.push({ line, cwd: options?.cwd, env: options?.env });
      if (line.endsWith('npm --version')) return { status: npm ? 0 : 1, output: '' };
      if (line.includes(' -e ')) return { status: good ? 0 : 1, output: 'what it said' };
      if (isBuild(line)) good = builds && loads && line.includes('postinstall');
      const ok = isFetch(line) ? fetches : builds;
      return { status: ok ? 0 : 1, output: 'what it said' };
    };
  }
  const ensure = (run: Run, path = process.env['PATH'] ?? '') =>
    ensureRuntimeClient('/project', { path, isRoot: false, run, say: (line) => said.push(line) });

  it('does nothing, and says nothing, where the client loads', () => {
    ensure(machine({ there: true }));
    expect([commands.length, said]).toEqual([1, []]);
  });

  it('fetches what is locked, without scripts, where it lacks', () => {
    ensure(machine());
    const fetches = commands.filter(({ line }) => isFetch(line));
    expect(fetches).toEqual([
      expect.objectContaining({
        line: expect.stringMatching(/ ci --prefix \/project\/test\/runtime-client --ignore-scripts /),
        cwd: '/project/test/runtime-client',
      }),
    ]);
  });

  it("builds it by its own scripts, with the running Node and that Node's own headers", () => {
    ensure(machine());
    const builds = commands.filter(({ line }) => isBuild(line));
    expect(builds.map(({ line }) => line)).toEqual(['sh scripts/preinstall.sh', 'sh scripts/postinstall.sh']);
    for (const { cwd, env } of builds) {
      expect(cwd).toBe('/project/test/runtime-client/node_modules/aws-lambda-ric');
      expect(env?.['npm_config_nodedir']).toBe(resolve(process.execPath, '../..'));
      expect(env?.['PATH']?.startsWith(`${dirname(process.execPath)}:`)).toBe(true);
    }
    expect(said.join('\n')).toContain(`building it for Node ${process.version}`);
  });

  it.each([
    ['npm cannot fetch it', { fetches: false }, /npm could not fetch[\s\S]*what it said/],
    ['it does not build', { builds: false }, /does not build[\s\S]*what it said/],
    ['it does not load once built', { loads: false }, /does not load[\s\S]*what it said/],
  ])('stops with what to run where %s', (_, failing, message) => {
    const ensuring = () => ensure(machine(failing));
    expect(ensuring).toThrow(message);
    expect(ensuring).toThrow(expect.objectContaining({ name: 'SetUpProblem' }));
  });
});
