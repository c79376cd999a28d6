import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DebianPackage,
  debianPackages,
  ensurePackages,
  installCommand,
  missingPackages,
} from './debian-packages.ts';
import { type Run, run } from './run.ts';

describe('the packages of the tests', () => {
  let folder: string;
  const said: string[] = [];
  const commands: string[] = [];
  const tools: DebianPackage = { name: 'tools', programs: ['one', 'two'], purpose: 'to test' };
  const other: DebianPackage = { name: 'other', programs: ['three'], purpose: 'to test, too' };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'escrow-setup-'));
    said.length = 0;
    commands.length = 0;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (...programs: string[]) => {
    for (const program of programs) {
      writeFileSync(join(folder, program), '');
      chmodSync(join(folder, program), 0o755);
    }
  };
  /** A machine that notes what is run, and answers by the first word that a command contains. */
  const machine =
    (answers: Record<string, () => number>): Run =>
    (command) => {
      const line = command.join(' ');
      commands.push(line);
      const answer = Object.entries(answers).find(([word]) => line.includes(word));
      return { status: answer?.[1]() ?? 0, output: `output of ${line}` };
    };
  const ensure = (runs: Run, isRoot = true) =>
    ensurePackages([tools, other], { path: folder, isRoot, run: runs, say: (line) => said.push(line) });
  const installs = () => commands.filter((command) => command.includes(' install '));

  it('are all here, where the tests run', () => {
    expect(missingPackages(debianPackages, process.env['PATH'] ?? '')).toEqual([]);
  });

  it('are missing if one of their programs is, cannot be executed, or none of their files is there', () => {
    expect(missingPackages([tools], folder)).toEqual([tools]);
    put('one', 'two');
    expect(missingPackages([tools], `/nowhere:${folder}`)).toEqual([]);
    chmodSync(join(folder, 'two'), 0o644);
    expect(missingPackages([{ ...tools, programs: ['one'] }], folder)).toEqual([]);
    const withFile = { ...other, programs: [], anyFile: [join(folder, 'none'), join(folder, 'one')] };
    const withoutFile = { ...other, programs: [], anyFile: [join(folder, 'none')] };
    expect(missingPackages([withFile, withoutFile], folder)).toEqual([withoutFile]);
  });

  it('are not touched when all are there, and nothing is said', () => {
    put('one', 'two', 'three');
    ensure(machine({}));
    expect([commands, said]).toEqual([[], []]);
  });

  it('are installed as root, only those that are missing, and named', () => {
    put('three');
    ensure(
      machine({
        ' install ': () => {
          put('one', 'two');
          return 0;
        },
      }),
    );
    expect(said).toEqual(['installing tools: to test']);
    expect(installs()).toEqual([expect.stringMatching(/^env .*apt-get .* --no-install-recommends tools$/)]);
  });

  it('are installed by sudo where it asks for no password', () => {
    ensure(
      machine({
        ' install ': () => {
          put('one', 'two', 'three');
          return 0;
        },
      }),
      false,
    );
    expect(installs()).toEqual([expect.stringMatching(/^sudo -n env .* tools other$/)]);
  });

  it('are tried once more with fresh package lists', () => {
    let updated = false;
    ensure(
      machine({
        ' install ': () => {
          if (updated) put('one', 'two', 'three');
          return updated ? 0 : 100;
        },
        update: () => {
          updated = true;
          return 0;
        },
      }),
    );
    expect(installs()).toHaveLength(2);
  });

  it.each([
    ['sudo wants a password', { 'sudo -n true': () => 1 }],
    ['there is no apt-get', { 'apt-get --version': () => 127 }],
  ])('are not installed where %s: the one command is told', (_, answers) => {
    expect(() => ensure(machine(answers), false)).toThrow(
      expect.objectContaining({ name: 'SetUpProblem', command: installCommand([tools, other]) }),
    );
    expect([installs(), said]).toEqual([[], []]);
  });

  it('are told with the output of apt-get where it fails', () => {
    const failing = machine({ ' install ': () => 100, update: () => 100 });
    expect(() => ensure(failing)).toThrow(/tools: to test\n.*other: to test, too\n[\s\S]*output of env/);
  });

  it('are told where they are installed and still not on the PATH', () => {
    expect(() => ensure(machine({}))).toThrow('not on the PATH');
  });

  it('are installed by hand with one command', () => {
    expect(installCommand([tools, other])).toBe(
      "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends tools other'",
    );
  });
});

describe('run', () => {
  it('gives status and output of a command, without a shell', () => {
    const script = "console.log(process.argv[1]); console.error('err'); process.exit(3)";
    expect(run([process.execPath, '-e', script, '$HOME'])).toEqual({ status: 3, output: '$HOME\nerr\n' });
  });

  it('gives 127 where there is no such program', () => {
    expect(run(['no-such-program-here']).status).toBe(127);
  });
});
