import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import type { LedgerEntry } from '#ports/ledger.ts';

/** As an export of a key is recorded, with all that is told of it. */
const entry: LedgerEntry = {
  action: 'export-copy',
  organization: 'acme',
  principal: 'ada.obrien',
  outcome: 'done',
  enrollmentId: 'enr_4hq2kzr7w5d3xn6ypb2mtcvfqa',
  profile: 'modern',
  requestId: 'req_4hq2kzr7w5d3xn6ypb2mtcvfqa',
  where: 'one-machine',
  policy: { version: 'general-1', rules: ['export-by-subscriber', 'profile-allowed'] },
  receiptId: 'rcp_4hq2kzr7w5d3xn6ypb2mtcvfqa',
};

export interface Appending {
  /**
   * Records entries as fast as it goes, each caller the next one once its last is durable.
   * @returns entries a second
   */
  perSecond(callers: number, each: number): Promise<number>;
  /** A line of the same length to a plain file, and `fsync`, one after the other. @returns how many a second */
  syncsPerSecond(count: number): Promise<number>;
  close(): Promise<void>;
}

/** A ledger in a data folder of its own, in the folder for temporary files. */
export async function openAppending(): Promise<Appending> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-ledger-'));
  const database = openDatabase(join(folder, 'escrow.db'));
  const ledger = new SqliteLedger(database, { now: () => new Date() });
  return {
    async perSecond(callers, each) {
      const start = performance.now();
      await Promise.all(Array.from({ length: callers }, () => recordOneByOne(ledger, each)));
      return (callers * each * 1_000) / (performance.now() - start);
    },
    async syncsPerSecond(count) {
      const line = `${JSON.stringify(entry)}\n`;
      await using file = await open(join(folder, 'plain'), 'a');
      const start = performance.now();
      for (let index = 0; index < count; index++) {
        await file.write(line);
        await file.sync();
      }
      return (count * 1_000) / (performance.now() - start);
    },
    async close() {
      database.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function recordOneByOne(ledger: SqliteLedger, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await ledger.record(entry);
}
