import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileSegmentStore } from '#adapters/files/segment-store.ts';
import { MemorySegmentStore } from '#test/doubles/memory-segment-store.ts';
import { segmentStoreContract } from './segment-store.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

segmentStoreContract('FileSegmentStore', () =>
  onDataFolder(({ path }) => ({ store: new FileSegmentStore(join(path, 'ledger')) })),
);

segmentStoreContract('MemorySegmentStore', () => inMemory({ store: new MemorySegmentStore() }));

it('writes files that nobody changes, and takes for none what a crash left half written', async () => {
  const subject = onDataFolder(({ path }) => ({ path, store: new FileSegmentStore(join(path, 'ledger')) }));
  const { path, store } = subject;
  await store.put('acme', 1, Uint8Array.of(1));
  const folder = join(path, 'ledger', 'acme');
  expect(statSync(join(folder, '000000001.jsonl')).mode & 0o777).toBe(0o400);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const half = '.000000002.01234567-89ab-4cde-8f01-23456789abcd.part';
  writeFileSync(join(folder, half), 'ha');
  expect(await store.list('acme', 0, 10)).toEqual([1]);
  await store.put('acme', 2, Uint8Array.of(2));
  expect(await store.sweep()).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(['000000001.jsonl', '000000002.jsonl']);
  await subject.close();
});
