import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startChild } from '../child-process.ts';
import { isThere, useTroubledToken } from './trouble.ts';

const message = Buffer.from('message');

describe("the process of a token's library", () => {
  const trouble = useTroubledToken();
  const pidOfLibrary = () => trouble.token.processes().at(-1) ?? 0;

  it('ends when the provider is closed, with its sessions closed and the library finalized', async () => {
    const provider = await trouble.open();
    const pid = pidOfLibrary();
    expect(pid).not.toBe(process.pid);
    await provider.close();
    expect(isThere(pid)).toBe(false);
    expect(trouble.token.results('C_Finalize')).toEqual(['CKR_OK']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('goes on when a terminal sends it %s', async (signal) => {
    const provider = await trouble.open();
    process.kill(pidOfLibrary(), signal);
    await sleep(50);
    expect(await provider.mac(message)).toHaveLength(32);
    expect(trouble.token.processes()).toHaveLength(1);
  });

  it.each(['ends', 'is killed'] as const)('ends when its service %s without closing it', async (how) => {
    const { module, environment, token } = trouble.token;
    const settings = { module, environment, token, pin: trouble.store.pin, hold: true };
    const service = startChild('../pkcs11/children/serve.ts', JSON.stringify(settings));
    expect(await service.nextLine()).toMatch(/^serves 32/);
    const pid = pidOfLibrary();
    expect(isThere(pid)).toBe(true);
    service.process.kill(how === 'ends' ? 'SIGTERM' : 'SIGKILL');
    await service.ended;
    await expect.poll(() => isThere(pid), { timeout: 20_000 }).toBe(false);
  });

  it.each([
    ['C_Login', 'the event loop of its process'],
    ['C_GenerateKeyPair', 'a thread of its process'],
  ])('ends when its service is killed while %s hangs on %s', async (call) => {
    const { module, environment, token } = trouble.token;
    const settings = { module, environment, token, pin: trouble.store.pin, hold: true };
    trouble.token.tell(`${call}: hang`);
    const service = startChild('../pkcs11/children/serve.ts', JSON.stringify(settings));
    await expect.poll(() => trouble.token.calls(call), { timeout: 20_000 }).toBe(1);
    const pid = pidOfLibrary();
    service.process.kill('SIGKILL');
    await service.ended;
    await expect.poll(() => isThere(pid), { timeout: 20_000 }).toBe(false);
  });

  it('finishes what is under way when it is closed', async () => {
    const provider = await trouble.open();
    trouble.token.tell('C_Sign: delay 100');
    const macs = Array.from({ length: 4 }, () => provider.mac(message));
    const closing = provider.close();
    for (const mac of await Promise.all(macs)) expect(mac).toHaveLength(32);
    await closing;
  });

  it('does not keep a service alive that has nothing more to do', async () => {
    const { module, environment, token } = trouble.token;
    const settings = { module, environment, token, pin: trouble.store.pin };
    const service = startChild('../pkcs11/children/serve.ts', JSON.stringify(settings));
    await service.nextLine();
    expect(await service.ended).toBe(0);
  });
});
