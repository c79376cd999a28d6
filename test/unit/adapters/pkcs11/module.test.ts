import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Cryptoki } from '#adapters/pkcs11/cryptoki.ts';
import { loadBinding, openModule } from '#adapters/pkcs11/module.ts';
import { outputOf } from '#test/support/program.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { fails, fakeCryptoki } from './fake-cryptoki.ts';

const variable = 'ESCROW_TEST_TOKEN_CONFIGURATION';

/** What is thrown for a file that does not load, with the loader's own reason. */
function refusedAs(file: string, reason: RegExp) {
  const said = `module: there is no PKCS#11 library that loads at ${file}: `;
  return {
    code: 'provider-misconfigured',
    message: expect.toSatisfy(
      (text: string) => text.startsWith(said) && reason.test(text.slice(said.length)),
    ),
    next: expect.not.stringContaining('softhsm'),
  };
}

describe('openModule', () => {
  const folder = temporaryFolder();
  afterEach(() => {
    delete process.env[variable];
  });

  /** A library file whose calls are noted. */
  function library(given: Partial<Cryptoki> = {}) {
    const calls: string[] = [];
    const cryptoki = fakeCryptoki({
      C_Initialize: ({ flags }) => {
        calls.push(`initialize ${flags} ${process.env[variable] ?? 'unset'}`);
      },
      C_Finalize: () => {
        calls.push('finalize');
      },
      ...given,
    });
    const file = folder('library.so');
    writeFileSync(file, '');
    const open = (environment: Record<string, string> = {}) =>
      openModule(file, environment, async () => () => cryptoki);
    return { calls, open };
  }

  it('initializes a library once for all its users, with locking, and finalizes it after the last', async () => {
    const { calls, open } = library();
    const [first, second] = [await open(), await open()];
    first.release();
    expect(calls).toEqual(['initialize 2 unset']);
    second.release();
    expect(calls).toEqual(['initialize 2 unset', 'finalize']);
  });

  it('counts each user once, however often it releases', async () => {
    const { calls, open } = library();
    const [first, second] = [await open(), await open()];
    first.release();
    first.release();
    expect(calls).not.toContain('finalize');
    second.release();
    expect(calls).toContain('finalize');
  });

  it('initializes it again for who comes later', async () => {
    const { calls, open } = library();
    (await open()).release();
    (await open()).release();
    expect(calls).toEqual(['initialize 2 unset', 'finalize', 'initialize 2 unset', 'finalize']);
  });

  it('does not finalize a library that somebody else initialized', async () => {
    const { calls, open } = library({ C_Initialize: fails('CKR_CRYPTOKI_ALREADY_INITIALIZED') });
    (await open()).release();
    expect(calls).toEqual([]);
  });

  it('sets the environment in this process before the library reads it', async () => {
    const { calls, open } = library();
    (await open({ [variable]: 'here' })).release();
    expect(calls[0]).toBe('initialize 2 here');
  });

  it('refuses another environment while the library is in use, and takes it afterwards', async () => {
    const { open } = library();
    const first = await open({ [variable]: 'one' });
    const same = await open({ [variable]: 'one' });
    await expect(open({ [variable]: 'two' })).rejects.toMatchObject({
      code: 'provider-misconfigured',
      details: { field: variable },
    });
    first.release();
    same.release();
    (await open({ [variable]: 'two' })).release();
  });

  it('says which library is not there, and what to install', async () => {
    const opening = openModule(folder('none.so'), {}, async () => () => fakeCryptoki({}));
    await expect(opening).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: `module: there is no file at ${folder('none.so')}`,
      next: expect.stringContaining('apt-get install softhsm2'),
    });
  });

  it('says so of a file that is no library', async () => {
    const file = folder('text.so');
    writeFileSync(file, 'text');
    await expect(openModule(file, {})).rejects.toMatchObject(refusedAs(file, /^file too short$/));
  });

  it('says so of a folder, and of a program', async () => {
    const place = await realpath(folder('.'));
    await expect(openModule(place, {})).rejects.toMatchObject(refusedAs(place, /Is a directory$/));
    const program = await realpath('/bin/ls');
    await expect(openModule(program, {})).rejects.toMatchObject(
      refusedAs(program, /^cannot dynamically load/),
    );
  });

  it('names the library that another one needs and that is not there', async () => {
    const [needed, needing] = [folder('libmissing.so'), folder('needing.so')];
    const source = ['-x', 'c', '/dev/null'];
    await outputOf('cc', ['-shared', '-o', needed, ...source]);
    const linked = ['-Wl,--no-as-needed', '-L', folder('.'), '-lmissing'];
    await outputOf('cc', ['-shared', '-o', needing, ...source, ...linked]);
    rmSync(needed);
    await expect(openModule(needing, {})).rejects.toMatchObject(
      refusedAs(needing, /^libmissing\.so: cannot open shared object file/),
    );
  });

  it('says so of a file that cannot be reached', async () => {
    symlinkSync('loop.so', folder('loop.so'));
    await expect(openModule(folder('loop.so'), {})).rejects.toMatchObject({
      message: `module: the file ${folder('loop.so')} cannot be reached (ELOOP)`,
      next: expect.not.stringContaining('softhsm'),
    });
  });

  it('says so of a library that cannot start', async () => {
    const { open } = library({ C_Initialize: fails('CKR_CANT_LOCK') });
    await expect(open()).rejects.toMatchObject({ code: 'provider-misconfigured' });
  });
});

describe('loadBinding', () => {
  it('says what to install where the optional dependency is missing', async () => {
    const missing = async () => {
      throw Object.assign(new TypeError("Cannot find package 'graphene-pk11'"), {
        code: 'ERR_MODULE_NOT_FOUND',
      });
    };
    await expect(loadBinding(missing)).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: expect.stringContaining('graphene-pk11'),
      next: expect.stringContaining('npm ci'),
    });
  });

  it('loads it where it is installed', async () => {
    expect(await loadBinding()).toBeTypeOf('function');
  });
});
