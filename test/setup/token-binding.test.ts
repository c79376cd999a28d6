import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Run } from './run.ts';
import { ensureTokenBinding } from './token-binding.ts';

describe('ensureTokenBinding', () => {
  let root: string;
  const said: string[] = [];
  const commands: { line: string; nodedir: string | undefined }[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'escrow-setup-'));
    const versions = {
      'node_modules/graphene-pk11': { version: '2.0.0' },
      'node_modules/pkcs11js': { version: '3.0.0' },
    };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: versions }));
    said.length = 0;
    commands.length = 0;
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const put = (name: string, version: string) => {
    mkdirSync(join(root, 'node_modules', name), { recursive: true });
    writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify({ version }));
  };
  const putLocked = () => {
    put('graphene-pk11', '2.0.0');
    put('pkcs11js', '3.0.0');
  };
  const isLoad = (line: string) => line.includes('-e ');
  const isFetch = (line: string) => line.includes(' install --no-save --ignore-scripts');
  const isBuild = (line: string) => line.includes('node-gyp.js rebuild');

  /** A machine on which the binding loads after so many builds. */
  function machine({ buildsNeeded = 1, fetches = true, builds = true } = {}): Run {
    let built = 0;
    return (command, options) => {
      const line = command.join(' ');
      commands.push({ line, nodedir: options?.env?.['npm_config_nodedir'] });
      if (isFetch(line) && fetches) putLocked();
      if (isBuild(line)) built += 1;
      const ok = isLoad(line) ? built >= buildsNeeded : isBuild(line) ? builds : true;
      return { status: ok ? 0 : 1, output: 'what it said' };
    };
  }
  const ensure = (run: Run) =>
    ensureTokenBinding(root, {
      path: process.env['PATH'] ?? '',
      isRoot: false,
      run,
      say: (line) => said.push(line),
    });
  const count = (is: (line: string) => boolean) => commands.filter(({ line }) => is(line)).length;

  it('does nothing, and says nothing, where the binding loads', () => {
    ensure(machine({ buildsNeeded: 0 }));
    expect([commands.length, said]).toEqual([1, []]);
  });

  it("builds it against the running Node's own headers where it does not", () => {
    putLocked();
    ensure(machine());
    const build = commands.find(({ line }) => isBuild(line));
    const headers = join(process.execPath, '../..');
    expect(build?.line).toContain(`--nodedir=${headers}`);
    expect(build?.nodedir).toBe(headers);
    expect(count(isFetch)).toBe(0);
    expect(said).toEqual([`building pkcs11js 3.0.0 for Node ${process.version}`]);
  });

  it.each([
    ['both were taken away', () => {}],
    ['the native part was taken away', () => put('graphene-pk11', '2.0.0')],
    [
      'another version is there',
      () => {
        put('graphene-pk11', '2.0.0');
        put('pkcs11js', '2.9.9');
      },
    ],
  ])('fetches the locked versions, without scripts, where %s', (_, prepare) => {
    prepare();
    ensure(machine());
    expect([count(isFetch), count(isBuild)]).toEqual([1, 1]);
    expect(said[0]).toBe('fetching graphene-pk11 2.0.0 and pkcs11js 3.0.0');
  });

  it.each([
    [
      'npm cannot fetch it',
      { fetches: false },
      /npm could not fetch graphene-pk11 and pkcs11js[\s\S]*what it said/,
    ],
    ['it does not build', { builds: false }, /does not build[\s\S]*what it said/],
    ['it does not load once built', { buildsNeeded: 2 }, /does not load[\s\S]*what it said/],
  ])('stops with what to run where %s', (_, failing, message) => {
    const ensuring = () => ensure(machine(failing));
    expect(ensuring).toThrow(message);
    expect(ensuring).toThrow(expect.objectContaining({ name: 'SetUpProblem', command: 'npm ci' }));
  });
});
