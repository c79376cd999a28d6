import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import {
  openPkcs11Provider,
  type Pkcs11Provider,
  type Pkcs11ProviderSettings,
} from '#adapters/pkcs11/pkcs11-provider.ts';
import { Secret } from '#domain/secret.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { type InterposedToken, interposedToken } from '#test/doubles/pkcs11-interposer/interposed-token.ts';

/** A token that misbehaves as told, made before each test and removed after it with every provider opened on it. */
export interface TroubledToken {
  readonly store: SoftHsmStore;
  readonly token: InterposedToken;
  open(settings?: Partial<Pkcs11ProviderSettings>): Promise<Pkcs11Provider>;
  /** Kills the latest process that has the library, and waits until that was noticed. */
  kill(): Promise<void>;
}

/** Declares the hooks that make and remove it. */
export function useTroubledToken(): TroubledToken {
  let store: SoftHsmStore;
  let token: InterposedToken;
  const opened: Pkcs11Provider[] = [];
  beforeEach(async () => {
    store = await softHsmStore();
    token = await interposedToken(store.token);
  });
  afterEach(async () => {
    token.tell();
    for (const provider of opened.splice(0)) await provider.close();
    await store.remove();
  });
  return {
    get store() {
      return store;
    },
    get token() {
      return token;
    },
    open: async (settings = {}) => {
      const { module, environment, token: name } = token;
      const pin = async () => Secret.fromText(store.pin);
      const provider = await openPkcs11Provider({ module, environment, token: name, pin, ...settings });
      opened.push(provider);
      return provider;
    },
    kill: async () => {
      const pid = token.processes().at(-1) ?? 0;
      process.kill(pid, 'SIGKILL');
      while (isThere(pid)) await sleep(5);
    },
  };
}

/** Whether there is such a process; one that has ended is there until whoever started it was told so. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
