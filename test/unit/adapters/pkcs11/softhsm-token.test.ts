import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rename, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openModule } from '#adapters/pkcs11/module.ts';
import { createSoftHsmToken, findSoftHsm } from '#adapters/pkcs11/softhsm-token.ts';
import { openTokenProvider } from '#adapters/pkcs11/token-provider.ts';
import { Secret } from '#domain/secret.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('createSoftHsmToken', () => {
  const folder = temporaryFolder();
  const pin = Secret.fromText('87654321');
  const soPin = Secret.fromText('12345678');
  const create = (label = 'demo', where = 'token') =>
    createSoftHsmToken({ folder: folder(where), label, pin, soPin });
  const tokens = (where = 'token') => readdir(folder(where, 'tokens'));

  it('makes a token that softhsm2-util sees, initialized, with its PIN set', async () => {
    const { environment } = await create();
    const { stdout } = await promisify(execFile)('softhsm2-util', ['--show-slots'], {
      env: { ...process.env, ...environment },
    });
    const slot = stdout.split(/^Slot /m).find((part) => /Label:\s+demo\s*$/m.test(part));
    expect(slot).toMatch(/Initialized:\s+yes/);
    expect(slot).toMatch(/User PIN init\.:\s+yes/);
  });

  it('names a configuration that only the owner reads, and changes nothing of this process', async () => {
    const before = process.env['SOFTHSM2_CONF'];
    const { module, environment } = await create();
    expect(process.env['SOFTHSM2_CONF']).toBe(before);
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain(module);
    expect((await stat(environment.SOFTHSM2_CONF)).mode & 0o777).toBe(0o600);
    expect((await stat(folder('token', 'tokens'))).mode & 0o777).toBe(0o700);
  });

  it('leaves a token as it is that is there already', async () => {
    await create();
    const before = await tokens();
    await createSoftHsmToken({ folder: folder('token'), label: 'demo', pin: Secret.fromText('0000'), soPin });
    expect(await tokens()).toEqual(before);
    expect(await outcomeOf(openAndClose(await create()))).toBe('done');
  });

  it('gives a token its PIN that a crash left without', async () => {
    const { module, environment } = await create('other');
    await leaveWithoutPin(module, environment, 'demo');
    const token = await create('demo');
    expect(await tokens()).toHaveLength(2);
    expect(await outcomeOf(openAndClose(token))).toBe('done');
  });

  it('goes with its folder when that is moved', async () => {
    const first = await openTokenProvider({ ...(await create()), pin });
    const { kid } = await first.receiptKey();
    await first.close();
    await rename(folder('token'), folder('moved'));
    const second = await openTokenProvider({ ...(await create('demo', 'moved')), pin });
    expect((await second.receiptKey()).kid).toBe(kid);
    await second.close();
  });

  it('writes no PIN into its folder', async () => {
    await openAndClose(await create());
    const entries = await readdir(folder('token'), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const content = await readFile(`${entry.parentPath}/${entry.name}`);
      expect([content.includes(pin.text()), content.includes(soPin.text())], entry.name).toEqual([
        false,
        false,
      ]);
    }
  });

  it.each(['', ' demo', 'demo ', 'x'.repeat(33), 'é'.repeat(17)])('refuses the label "%s"', async (label) => {
    await expect(create(label)).rejects.toMatchObject({
      code: 'provider-misconfigured',
      details: { field: 'label' },
    });
    expect(await readdir(folder())).toEqual([]);
  });

  it('takes a label of 32 bytes', async () => {
    expect(await outcomeOf(openAndClose(await create('x'.repeat(32))))).toBe('done');
  });

  it("refuses a folder whose path SoftHSM's configuration would cut", async () => {
    expect(await outcomeOf(create('demo', 'a#b'))).toBe('provider-misconfigured');
  });

  it('makes a second token folder while the first is in use in this process', async () => {
    const provider = await openTokenProvider({ ...(await create()), pin });
    expect(await outcomeOf(create('demo', 'second'))).toBe('done');
    expect((await provider.mac(Buffer.from('m'))).length).toBe(32);
    await provider.close();
  });

  it("leaves the caller's PINs as they are, and the configuration, too", async () => {
    const { environment } = await create();
    const { mtimeMs, ino } = await stat(environment.SOFTHSM2_CONF);
    await create('second');
    expect([pin.text(), soPin.text()]).toEqual(['87654321', '12345678']);
    expect(await stat(environment.SOFTHSM2_CONF)).toMatchObject({ mtimeMs, ino });
  });

  it('says what to install where there is no SoftHSM', () => {
    expect(() => findSoftHsm([folder('none.so')])).toThrow(
      expect.objectContaining({
        code: 'provider-misconfigured',
        next: expect.stringContaining('apt-get install softhsm2'),
      }),
    );
  });

  async function openAndClose(token: Awaited<ReturnType<typeof create>>): Promise<void> {
    const provider = await openTokenProvider({ ...token, pin });
    await provider.close();
  }

  async function leaveWithoutPin(file: string, environment: Record<string, string>, label: string) {
    const { cryptoki, release } = await openModule(file, environment);
    const slots = cryptoki.C_GetSlotList(true);
    const free = slots.find((slot) => (cryptoki.C_GetTokenInfo(slot).flags & 0x400) === 0);
    if (free === undefined) throw new TypeError('there is no free slot');
    cryptoki.C_InitToken(free, soPin.text(), label.padEnd(32));
    release();
  }
});
