import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinSource } from '#adapters/pkcs11/pin-source.ts';

describe('pinSource', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'escrow-pin-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (content: string, mode = 0o600) => {
    const path = join(folder, `pin-${Math.random()}`);
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  };

  it.each([
    ['1234', '1234'],
    ['1234\n', '1234'],
    ['1234\r\n', '1234'],
    ['user:pass word\n', 'user:pass word'],
    [' 12 ', ' 12 '],
    ['12\n\n', '12\n'],
  ])('reads %j from a file as %j', async (content, pin) => {
    expect((await pinSource(`file:${file(content)}`)()).text()).toBe(pin);
  });

  it('reads anew each time, and gives a copy that may be erased', async () => {
    const path = file('first');
    const source = pinSource(`file:${path}`);
    (await source()).erase();
    expect((await source()).text()).toBe('first');
    writeFileSync(path, 'second');
    expect((await source()).text()).toBe('second');
  });

  it('reads a variable of this process', async () => {
    process.env['TEST_TOKEN_PIN'] = '4321';
    expect((await pinSource('env:TEST_TOKEN_PIN')()).text()).toBe('4321');
    process.env['TEST_TOKEN_PIN'] = '';
    await expect(pinSource('env:TEST_TOKEN_PIN')()).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: 'pin: is empty in the variable TEST_TOKEN_PIN',
    });
    delete process.env['TEST_TOKEN_PIN'];
    await expect(pinSource('env:TEST_TOKEN_PIN')()).rejects.toMatchObject({
      message: 'pin: is not there: the variable TEST_TOKEN_PIN is not set',
    });
  });

  it('refuses a file that others can read, and says what to run', async () => {
    const path = file('1234', 0o644);
    await expect(pinSource(`file:${path}`)()).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: `pin: can be read by others in ${path}`,
      next: `Run: chmod 600 ${path}`,
    });
  });

  it.each(['', '\n'])('refuses a file with nothing in it: %j', async (content) => {
    await expect(pinSource(`file:${file(content)}`)()).rejects.toMatchObject({
      message: expect.stringContaining('is empty in the file'),
    });
  });

  it('refuses a file that is not there, or is a folder', async () => {
    for (const path of [join(folder, 'none'), folder]) {
      await expect(pinSource(`file:${path}`)()).rejects.toMatchObject({ code: 'provider-misconfigured' });
    }
  });

  it.each(['1234', 'file:', 'vault:x', '', 'FILE:/x', 'secretsmanager:'])(
    'does not take %j for a source, nor repeat it',
    (reference) => {
      expect(() => pinSource(reference)).toThrow(
        expect.objectContaining({
          code: 'provider-misconfigured',
          message: 'pin: does not say where the PIN is',
          next: 'Name it as file:PATH, env:NAME or secretsmanager:NAME[#FIELD].',
        }),
      );
    },
  );
});
