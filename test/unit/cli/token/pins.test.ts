import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newPin } from '#adapters/pkcs11/new-pin.ts';
import { checkNewPins, keptPins, readNewPins } from '../../../../cli/token/new-pins.ts';
import { fittingPin, namedPin } from '../../../../cli/token/pin.ts';
import { inOurWords } from '../../../../cli/token/token-error.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'escrow-pins-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);
const mode = (name: string) => statSync(path(name)).mode & 0o777;
const text = (name: string) => readFileSync(path(name), 'utf8');
const silent = { data: async () => {}, message: () => {}, isClosed: () => false };
const length = { least: 4, most: 8 };
const generate = (where: string) => readNewPins({ 'generate-pins-to': path(where) }, length, silent);

describe('a PIN that is named', () => {
  it.each(['hunter2', 'file:', 'http:x'])(
    'is refused where %s is no place, and not repeated',
    async (word) => {
      const refused = await namedPin('--so-pin', word).catch((error) => error);
      expect(refused).toMatchObject({ code: 'usage', details: { field: '--so-pin' } });
      expect(refused.message + refused.next).not.toContain('hunter2');
    },
  );

  it('is read each time, and what is wrong with it is told by its option', async () => {
    writeFileSync(path('p'), '1234\n', { mode: 0o600 });
    const { source } = await namedPin('--so-pin', `file:${path('p')}`);
    (await source()).erase();
    expect((await source()).text()).toBe('1234');
    rmSync(path('p'));
    await expect(source()).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: expect.stringMatching(/^--so-pin: cannot be read from /),
    });
  });
});

describe('a PIN whose place cannot be reached', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is told with advice of its own, and none on the token', async () => {
    const server = createServer((socket) => socket.destroy());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    const { source } = await namedPin('--pin', 'secretsmanager:foo#bar');
    const refused = await inOurWords(() => source()).catch((error) => error);
    server.close();
    expect(refused).toMatchObject({
      code: 'provider-unavailable',
      message: expect.stringMatching(/^--pin: AWS Secrets Manager /),
      next: 'Make sure that where the PIN is can be reached from here, then run the same again.',
    });
  });
});

describe('the length of a new PIN', () => {
  const read = async (text: string, limits: Parameters<typeof fittingPin>[2]) => {
    vi.stubEnv('TEST_NEW_PIN', text);
    return await fittingPin(await namedPin('--so-pin', 'env:TEST_NEW_PIN'), '--so-pin', limits);
  };
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(['1234', '12345678'])('does where the token takes it: %s', async (text) => {
    expect((await (await read(text, length)).source()).text()).toBe(text);
  });

  it.each(['123', '123456789', 'äöüäö'])('is refused where it does not: %s', async (text) => {
    const refused = await read(text, length).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'usage',
      message: '--so-pin: must be of 4 to 8 bytes on this token',
    });
    expect(refused.next).not.toContain(text);
  });

  it('has no upper limit where the token names none', async () => {
    expect((await (await read('1'.repeat(300), { least: 4 })).source()).bytes()).toHaveLength(300);
    await expect(read('1', { least: 4 })).rejects.toThrow('must be of 4 bytes or more on this token');
  });
});

describe('the PINs of a new token', () => {
  it('are 16 digits, and others each time', () => {
    const pins = [newPin().text(), newPin().text()];
    for (const pin of pins) expect(pin).toMatch(/^\d{16}$/);
    expect(pins[0]).not.toBe(pins[1]);
  });

  it('are made for their owner alone, in a folder of the same kind', async () => {
    const { pin, soPin, reference, made } = await generate('new/pins');
    expect(made).toEqual({ pin: path('new/pins/pin'), soPin: path('new/pins/so-pin') });
    expect(reference).toBe(`file:${path('new/pins/pin')}`);
    expect([mode('new/pins'), mode('new/pins/pin'), mode('new/pins/so-pin')]).toEqual([0o700, 0o600, 0o600]);
    expect((await pin.source()).text()).toBe(text('new/pins/pin'));
    expect((await soPin.source()).text()).toBe(text('new/pins/so-pin'));
  });

  it.each(['pin', 'so-pin'])('are not made over a file of the name %s', async (name) => {
    writeFileSync(path(name), 'of another token');
    await expect(generate('.')).rejects.toMatchObject({
      code: 'refuses-to-overwrite',
      next: expect.stringContaining('--so-pin'),
    });
    expect(text(name)).toBe('of another token');
  });

  it('go on with those that an earlier run made in a data folder', async () => {
    writeFileSync(path('so-pin'), '99999999', { mode: 0o600 });
    const { pin, soPin } = await keptPins(folder);
    expect((await soPin.source()).text()).toBe('99999999');
    const made = (await pin.source()).text();
    expect((await (await keptPins(folder)).pin.source()).text()).toBe(made);
  });

  it.each([
    [{ 'generate-pins-to': 'x', pin: 'file:x' }, '--generate-pins-to makes both PINs'],
    [{ 'generate-pins-to': 'x', 'so-pin': 'file:x' }, '--generate-pins-to makes both PINs'],
    [{ pin: '1234' }, '--pin: it does not say where the PIN is'],
    [{ 'so-pin': '1234' }, '--so-pin: it does not say where the PIN is'],
  ])('are refused before anything is done: %o', async (values, why) => {
    await expect(checkNewPins(values)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(why),
    });
  });
});
