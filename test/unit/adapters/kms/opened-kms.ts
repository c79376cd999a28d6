import { afterEach } from 'vitest';
import type { Waiting } from '#adapters/aws/backoff.ts';
import { type KmsProvider, openKmsProvider } from '#adapters/kms/kms-provider.ts';
import type { KmsProviderSettings } from '#adapters/kms/settings.ts';
import { EscrowError } from '#domain/errors.ts';
import type { ExportableKeys, ImportableKeys, KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { type KmsDouble, startKmsDouble } from '#test/doubles/kms/kms-double.ts';

export const context: KeyContext = { organization: 'acme', enrollmentId: 'enr-1', purpose: 'identity' };

/** Time that passes only while somebody waits, and chance that always falls the same. */
export interface FakeWaiting extends Waiting {
  /** How long was waited each time, in milliseconds. */
  slept: number[];
}

/** @param random what chance gives, 0 to 1 */
export function fakeWaiting(random = 1): FakeWaiting {
  const slept: number[] = [];
  const start = Date.now();
  return {
    slept,
    now: () => start + slept.reduce((sum, each) => sum + each, 0),
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
    },
    random: () => random,
  };
}

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

/** The error of ours that a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<EscrowError> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof EscrowError) return outcome;
  throw new TypeError('the call was not refused by an error of ours', { cause: outcome });
}

/** The keys of the account that nobody has scheduled for deletion, by description. */
export function livingKeys({ account }: KmsDouble): string[] {
  const living = account.keys().filter(({ state }) => state !== 'PendingDeletion');
  return living.map(({ description }) => description).sort();
}
