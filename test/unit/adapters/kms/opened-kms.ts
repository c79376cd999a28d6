import { afterEach } from 'vitest';
import { type KmsProvider, openKmsProvider } from '#adapters/kms/kms-provider.ts';
import type { KmsProviderSettings } from '#adapters/kms/settings.ts';
import type { ExportableKeys, ImportableKeys, KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { type FakeWaiting, fakeWaiting } from '../aws/fake-waiting.ts';

export const context: KeyContext = { organization: 'acme', enrollmentId: 'enr-1', purpose: 'identity' };

export interface OpenedKms {
  provider: KmsProvider;
  resident: ResidentKeys;
  importable: ImportableKeys;
  exportable: ExportableKeys;
  double: KmsDouble;
  waiting: FakeWaiting;
  /** Opens a second provider on the same account, as another process does. */
  another(): Promise<KmsProvider>;
  /** The operations that were asked for since the last time this was asked. */
  operations(): string[];
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A double of its own for this test. */
export async function startDouble(): Promise<KmsDouble> {
  const double = await startKmsDouble();
  ends.push(() => double.close());
  Object.assign(process.env, kmsEnvironment(double));
  return double;
}

/** A provider on a double of its own, closed after the test. */
export async function openedKms(settings: Partial<KmsProviderSettings> = {}): Promise<OpenedKms> {
  const double = await startDouble();
  const waiting = fakeWaiting();
  const another = async () => {
    const each = await openKmsProvider({ createOwnKeys: true, ...settings }, waiting);
    ends.push(() => each.close());
    return each;
  };
  const provider = await another();
  const { residentKeys, importableKeys, exportableKeys } = provider;
  if (residentKeys === undefined || importableKeys === undefined || exportableKeys === undefined) {
    throw new TypeError('the provider lacks a capability');
  }
  double.log.length = 0;
  return {
    provider,
    resident: residentKeys,
    importable: importableKeys,
    exportable: exportableKeys,
    double,
    waiting,
    another,
    operations: () => double.log.splice(0).map(({ operation }) => operation),
  };
}

/** The keys of the account that nobody has scheduled for deletion, by description. */
export function livingKeys({ account }: KmsDouble): string[] {
  const living = account.keys().filter(({ state }) => state !== 'PendingDeletion');
  return living.map(({ description }) => description).sort();
}
