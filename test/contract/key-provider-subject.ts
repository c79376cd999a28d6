import { afterAll, afterEach, beforeAll } from 'vitest';
import type {
  ExportableKeys,
  ImportableKeys,
  KeyContext,
  KeyProvider,
  ResidentKeys,
} from '#ports/key-provider.ts';
import type { KeyProviderStore } from './key-provider-stores.ts';

export const identityContext: KeyContext = {
  organization: 'acme',
  enrollmentId: 'e-1',
  purpose: 'identity',
};
export const encryptionContext: KeyContext = { ...identityContext, purpose: 'encryption' };

/**
 * The provider under test. A token takes a second to make and to open, so one is open for all tests of a suite, each of which gives
 * its keys names of its own.
 */
export interface KeyProviderSubject {
  readonly provider: KeyProvider;
  readonly folder: string | undefined;
  resident(): ResidentKeys;
  exportable(): ExportableKeys;
  importable(): ImportableKeys;
  /** Closes the provider and opens it again on the same store. */
  reopen(): Promise<void>;
  /** Closes the provider and opens one on another, empty store. */
  openAnother(): Promise<void>;
}

/** Declares the hooks that open and remove the subject; after a test that failed, the next has another. */
export function useKeyProvider(make: () => Promise<KeyProviderStore>): KeyProviderSubject {
  const stores: KeyProviderStore[] = [];
  let provider: KeyProvider;

  const openAnother = async () => {
    const store = await make();
    stores.unshift(store);
    provider = await store.open();
  };
  const reopenAnother = async () => {
    await provider.close();
    await openAnother();
  };
  beforeAll(openAnother);
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await reopenAnother();
  });
  afterAll(async () => {
    await provider.close();
    for (const store of stores) await store.remove();
  });

  return {
    get provider() {
      return provider;
    },
    get folder() {
      return present(stores[0]).folder;
    },
    resident: () => present(provider.residentKeys),
    exportable: () => present(provider.exportableKeys),
    importable: () => present(provider.importableKeys),
    reopen: async () => {
      await provider.close();
      provider = await present(stores[0]).open();
    },
    openAnother: reopenAnother,
  };
}

/** What the suite needs; a provider without the capability fails here and is not passed over. */
export function present<T>(value: T | undefined): T {
  if (value === undefined)
    throw new TypeError('the provider under test lacks a capability that the suite needs');
  return value;
}
