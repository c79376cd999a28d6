import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { inFolder } from '../../../../bench/pfx/yardsticks/folder.ts';
import { runProgram } from '../../../../bench/pfx/yardsticks/program.ts';
import { RequestProcess } from '../../../../bench/pfx/yardsticks/request-process.ts';

const script = (code: string) => ['--eval', code] as const;

describe('a program that is run to its end', () => {
  it('is given its input, and tells what it printed and how long it took', () => {
    const { output, messages, nanoseconds } = runProgram(
      process.execPath,
      script("process.stdin.on('data', (text) => { console.log('got ' + text); console.error('done'); })"),
      { input: 'this' },
    );
    expect([output, messages]).toEqual(['got this\n', 'done\n']);
    expect(nanoseconds).toBeGreaterThan(0);
  });

  it('is told of with its own words if it failed', () => {
    const failing = () =>
      runProgram(process.execPath, script("console.error('no such key'); process.exit(3)"));
    expect(failing).toThrow('no such key');
  });

  it.each([
    ['cc', 'apt-get install -y gcc libc6-dev libssl-dev'],
    ['javac', 'apt-get install -y default-jdk-headless libbcprov-java libbcpkix-java'],
    ['certtool', 'apt-get install -y gnutls-bin'],
    ['pk12util', 'apt-get install -y libnss3-tools'],
  ])('says what to install where %s is missing', async (program, command) => {
    await inFolder(async (folder) => {
      expect(() => runProgram(program, [], { path: folder.path('nothing') })).toThrow(command);
    });
  });
});

describe('a program that stays', () => {
  const echo = script(
    "require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => console.log(line + '!'))",
  );

  it('answers what it is given first, and then line by line', async () => {
    const child = new RequestProcess(process.execPath, echo, 'first\n');
    expect(await child.answer()).toBe('first!');
    expect(await child.ask('second')).toBe('second!');
    expect(await child.ask('third')).toBe('third!');
    await child.close();
  });

  it('is told of with its own words if it ended instead of answering', async () => {
    const child = new RequestProcess(process.execPath, script("console.error('no such key')"), '');
    await expect(child.ask('anything')).rejects.toThrow('no such key');
    await child.close();
  });

  it('is told of if it is not there', async () => {
    const child = new RequestProcess('/nowhere/java', [], 'first\n');
    await expect(child.answer()).rejects.toThrow('ENOENT');
    await child.close();
  });
});

describe('a folder for programs', () => {
  it('and its files are for its owner only, and it is gone afterwards', async () => {
    const path = await inFolder(async (folder) => {
      const file = await folder.put('key.pem', 'a key');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(folder.path('.'))).mode & 0o777).toBe(0o700);
      return file;
    });
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
