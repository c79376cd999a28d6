import { openModule } from '#adapters/pkcs11/module.ts';
import { findObjects, type TokenSession } from '#adapters/pkcs11/operations.ts';
import { template } from '#adapters/pkcs11/templates.ts';
import { findSlot, login, openSession } from '#adapters/pkcs11/token.ts';
import { Secret } from '#domain/secret.ts';
import type { SoftHsmStore } from '#test/contract/key-provider-stores.ts';

/**
 * Works on a token past the provider, as whoever has its PIN can, and leaves it afterwards.
 */
export async function withRawToken<T>(
  store: SoftHsmStore,
  work: (token: TokenSession) => Promise<T> | T,
): Promise<T> {
  const module = await openModule(store.token.module, store.token.environment);
  const { cryptoki } = module;
  const slot = findSlot(cryptoki, store.token.token);
  const session = openSession(cryptoki, slot);
  try {
    login(cryptoki, slot, session, Secret.fromText(store.pin));
    return await work({ cryptoki, session });
  } finally {
    cryptoki.C_CloseSession(session);
    module.release();
  }
}

/** The one object that matches. */
export function only(token: TokenSession, values: Parameters<typeof template>[0]) {
  const [found, ...others] = findObjects(token, template(values));
  if (found === undefined || others.length > 0) throw new TypeError('there is not exactly one such object');
  return found;
}

/** How a call to the token ended: `CKR_OK`, or the return value that it failed with. */
export async function returnValue(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'CKR_OK';
  } catch (error) {
    return error instanceof Error ? (/CKR_[A-Z_]+/.exec(error.message)?.[0] ?? error.message) : 'unknown';
  }
}
