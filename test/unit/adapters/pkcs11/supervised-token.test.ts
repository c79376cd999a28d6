import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createSoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { listTokenKeys } from '#adapters/pkcs11/token-administration.ts';
import { verifySignature } from '#crypto/public-key.ts';
import { Secret } from '#domain/secret.ts';
import type { SoftHsmStore } from '#test/contract/key-provider-stores.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { isThere, useTroubledToken } from './trouble.ts';

const message = Buffer.from('message');

describe('a token whose library crashes', () => {
  const trouble = useTroubledToken();

  it('fails what was under way when its process is killed amid 100 operations, and loses nothing', async () => {
    const provider = await trouble.open();
    const keys = present(provider.residentKeys);
    const publicKey = await keys.generate('kept', 'ECC_NIST_P256', identityContext);
    const { wrapped } = await present(provider.exportableKeys).generate('ECC_NIST_P256', encryptionContext);
    const operation = async (index: number) => {
      if (index % 3 === 0) return provider.mac(Buffer.of(index));
      if (index % 3 === 1) return keys.sign('kept', 'ECDSA_SHA256', message);
      return present(provider.exportableKeys).unwrap(wrapped, encryptionContext);
    };
    const all = () => Promise.all(Array.from({ length: 100 }, (_, index) => outcomeOf(operation(index))));
    trouble.token.tell('C_Sign: delay 20');
    const before = trouble.token.calls('C_Sign');
    const outcomes = all();
    while (trouble.token.calls('C_Sign') < before + 20) await sleep(5);
    process.kill(trouble.token.processes().at(-1) ?? 0, 'SIGKILL');
    expect(new Set(await outcomes)).toEqual(new Set(['done', 'provider-unavailable']));
    trouble.token.tell();
    expect(new Set(await all())).toEqual(new Set(['done']));
    const signature = await keys.sign('kept', 'ECDSA_SHA256', message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    expect(trouble.token.processes()).toHaveLength(2);
  });

  it('says so, may be asked again, and is started anew', async () => {
    const provider = await trouble.open();
    trouble.token.tell('C_Sign: crash times 1');
    await expect(provider.mac(message)).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: expect.stringMatching(/^the token's library ended unexpectedly \(SIG/),
      retryable: true,
    });
    expect(await outcomeOf(provider.mac(message))).toBe('done');
  });

  it('leaves a key that it had made already under its name, to be discarded by it', async () => {
    const provider = await trouble.open();
    const keys = present(provider.residentKeys);
    trouble.token.tell('C_GenerateKeyPair: crash after times 1');
    const making = keys.generate('half', 'ECC_NIST_P256', identityContext);
    expect(await outcomeOf(making)).toBe('provider-unavailable');
    const again = keys.generate('half', 'ECC_NIST_P256', identityContext);
    expect(await outcomeOf(again)).toBe('already-exists');
    await keys.discard('half');
    expect(await outcomeOf(keys.generate('half', 'ECC_NIST_P256', identityContext))).toBe('done');
  });

  it('leaves no key that was given up, even if it crashes while that is undone', async () => {
    const provider = await trouble.open();
    const keys = present(provider.residentKeys);
    trouble.token.tell('C_GenerateKeyPair: delay 100', 'C_DestroyObject: crash times 1');
    const before = trouble.token.calls('C_GenerateKeyPair');
    const controller = new AbortController();
    const outcome = outcomeOf(keys.generate('late', 'ECC_NIST_P256', identityContext, controller));
    while (trouble.token.calls('C_GenerateKeyPair') === before) await sleep(5);
    controller.abort();
    expect(await outcome).toBe('operation-cancelled');
    expect(await outcomeOf(keys.generate('late', 'ECC_NIST_P256', identityContext))).toBe('done');
  });

  it('is left alone for a while when it crashes again and again, and comes back', async () => {
    const provider = await trouble.open();
    trouble.token.tell('C_Sign: crash');
    const outcomes: string[] = [];
    for (let index = 0; index < 50; index++) outcomes.push(await outcomeOf(provider.mac(message)));
    expect(new Set(outcomes)).toEqual(new Set(['provider-unavailable']));
    // Most of the fifty were refused while it rested, without starting it.
    expect(trouble.token.processes().length).toBeLessThan(10);
    trouble.token.tell();
    await expect.poll(() => outcomeOf(provider.mac(message)), { timeout: 30_000 }).toBe('done');
  });

  it('is ended when it hangs, and started anew', async () => {
    const provider = await trouble.open({ hangMilliseconds: 2_000 });
    trouble.token.tell('C_Sign: hang times 1');
    await expect(provider.mac(message)).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: "the token's library did not answer any more, and its process was ended",
    });
    expect(await outcomeOf(provider.mac(message))).toBe('done');
  });

  it('does not keep a service from closing that hangs while it is started anew', async () => {
    const provider = await trouble.open();
    trouble.token.tell('C_OpenSession: hang');
    await trouble.kill();
    const outcome = outcomeOf(provider.mac(message));
    await expect.poll(() => trouble.token.processes().length, { timeout: 20_000 }).toBe(2);
    await provider.close();
    expect(await outcome).toBe('provider-unavailable');
    expect(isThere(trouble.token.processes().at(-1) ?? 0)).toBe(false);
  });

  it('is ended for one call that hangs while others are answered', async () => {
    const provider = await trouble.open({ hangMilliseconds: 2_000, waitMilliseconds: 500 });
    trouble.token.tell('C_Sign: hang times 1');
    const before = trouble.token.calls('C_Sign');
    // Longer than what the library's process waits for: this one is on a thread.
    const stuck = outcomeOf(provider.mac(Buffer.alloc(100)));
    while (trouble.token.calls('C_Sign') === before) await sleep(5);
    let over = false;
    void stuck.then(() => {
      over = true;
    });
    const others: string[] = [];
    while (!over) {
      others.push(await outcomeOf(provider.mac(message)));
      await sleep(50);
    }
    expect(await stuck).toBe('provider-unavailable');
    expect(others.filter((outcome) => outcome === 'done').length).toBeGreaterThan(5);
    expect(await outcomeOf(provider.mac(message))).toBe('done');
  });
});

describe('a call that cannot be sent', () => {
  const trouble = useTroubledToken();

  it('fails alone', async () => {
    const provider = await trouble.open();
    const context = Object.assign({ unknown: () => 'no plain data' }, encryptionContext);
    const calls = [
      provider.mac(message),
      present(provider.exportableKeys).generate('ECC_NIST_P256', context),
      provider.mac(message),
    ];
    expect(await Promise.all(calls.map(outcomeOf))).toEqual(['done', 'internal', 'done']);
    expect(trouble.token.processes()).toHaveLength(1);
  });
});

describe('a token that goes away', () => {
  const trouble = useTroubledToken();

  it('is logged in to again when its sessions were lost, and nobody notices', async () => {
    const provider = await trouble.open();
    const mac = await provider.mac(message);
    trouble.token.tell('sessions: close-all');
    expect(await provider.mac(message)).toEqual(mac);
    expect(trouble.token.calls('C_Login')).toBe(2);
  });

  it('is logged in to again, and who waited for a session meanwhile does not notice either', async () => {
    const provider = await trouble.open({ sessions: 2 });
    trouble.token.tell('C_Sign: return CKR_SESSION_HANDLE_INVALID from call 3 times 1', 'C_Sign: delay 20');
    // Longer than what the library's process waits for: these are on threads.
    const macs = Array.from({ length: 32 }, (_, index) => outcomeOf(provider.mac(Buffer.alloc(100, index))));
    expect(new Set(await Promise.all(macs))).toEqual(new Set(['done']));
    expect(trouble.token.calls('C_Login')).toBe(2);
  });

  it.each(['resident', 'own'] as const)(
    'is logged in to again when it says of %s keys only that there are none',
    async (which) => {
      const provider = await trouble.open();
      const keys = present(provider.residentKeys);
      await keys.generate('kept', 'ECC_NIST_P256', identityContext);
      trouble.token.tell('C_SignInit: log-out times 1');
      const call = which === 'own' ? provider.mac(message) : keys.sign('kept', 'ECDSA_SHA256', message);
      expect(await outcomeOf(call)).toBe('done');
      expect(trouble.token.calls('C_Login')).toBe(2);
      expect(await outcomeOf(keys.sign('unknown', 'ECDSA_SHA256', message))).toBe('key-not-found');
      expect(trouble.token.calls('C_Login')).toBe(2);
    },
  );

  it('is not asked a second time for a key that it may have made', async () => {
    const keys = present((await trouble.open()).residentKeys);
    trouble.token.tell('C_GenerateKeyPair: close-sessions after times 1');
    const making = keys.generate('half', 'ECC_NIST_P256', identityContext);
    expect(await outcomeOf(making)).toBe('provider-unavailable');
    await keys.discard('half');
    expect(await outcomeOf(keys.generate('half', 'ECC_NIST_P256', identityContext))).toBe('done');
  });

  it('does not serve while it is removed, and serves when it is back', async () => {
    const provider = await trouble.open();
    const mac = await provider.mac(message);
    trouble.token.tell('token: removed');
    expect(await outcomeOf(provider.mac(message))).toBe('provider-unavailable');
    expect(await outcomeOf(provider.mac(message))).toBe('provider-unavailable');
    trouble.token.tell();
    await expect.poll(() => outcomeOf(provider.mac(message)), { timeout: 30_000 }).toBe('done');
    expect(await provider.mac(message)).toEqual(mac);
  });

  it('is not taken for another of the same name', async () => {
    const provider = await trouble.open();
    await putAnotherInPlaceOf(trouble.store);
    await trouble.kill();
    await expect(provider.mac(message)).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: 'another token of the same name is there, with other keys',
    });
    // Nothing of ours was put there.
    const { module, environment, token } = trouble.token;
    const pin = async () => Secret.fromText(trouble.store.pin);
    expect(await listTokenKeys({ module, environment, token, pin })).toEqual([]);
  });
});

describe('the sessions of a token', () => {
  const trouble = useTroubledToken();

  it('are so many as asked for, and who finds no room is told so at once', async () => {
    const provider = await trouble.open({ sessions: 1, maxWaiting: 2 });
    trouble.token.tell('C_Sign: delay 50');
    const calls = Array.from({ length: 6 }, (_, index) => outcomeOf(provider.mac(Buffer.of(index))));
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'provider-busy')).toHaveLength(3);
  });

  it('are waited for no longer than asked for', async () => {
    const provider = await trouble.open({ sessions: 1, waitMilliseconds: 30 });
    trouble.token.tell('C_Sign: delay 400 times 1');
    // On a thread, so that the one that waits is told so in time.
    const macs = [0, 1].map((index) => outcomeOf(provider.mac(Buffer.alloc(100, index))));
    const outcomes = await Promise.all(macs);
    expect(outcomes).toEqual(['done', 'provider-busy']);
  });

  it('are shared where the token has fewer', async () => {
    const provider = await trouble.open();
    trouble.token.tell('sessions: at most 3');
    const macs = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(provider.mac(message))));
    expect(new Set(macs)).toEqual(new Set(['done']));
  });

  it('do not leak in 10,000 operations, nor does memory, and one login serves all', {
    timeout: 120_000,
  }, async () => {
    const provider = await trouble.open({ sessions: 4 });
    const callers = async (each: number) => {
      const caller = async () => {
        for (let index = 0; index < each; index++) await provider.mac(message);
      };
      await Promise.all(Array.from({ length: 50 }, caller));
    };
    await callers(50);
    const before = residentMemory(trouble.token.processes().at(-1));
    await callers(150);
    const grown = residentMemory(trouble.token.processes().at(-1)) - before;
    // One session holds the login, and each pool has so many as asked for at most; SoftHSM's writers have one.
    expect(trouble.token.openSessions()).toBeLessThanOrEqual(1 + 4 + 1);
    expect(trouble.token.calls('C_Login')).toBe(1);
    expect(grown).toBeLessThan(24 * 1024);
    await provider.close();
    expect(trouble.token.openSessions()).toBe(0);
  });
});

/** A fresh token of the same label, with the same PIN, in the place of the store's. */
async function putAnotherInPlaceOf({ folder, token, pin }: SoftHsmStore): Promise<void> {
  await rename(join(folder, 'tokens'), join(folder, 'away'));
  const secrets = { pin: Secret.fromText(pin), soPin: Secret.fromText('12345678') };
  await createSoftHsmToken({ folder, label: token.token.label, ...secrets });
}

/** The memory of a process that is in use, in KiB. */
function residentMemory(pid = 0): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
