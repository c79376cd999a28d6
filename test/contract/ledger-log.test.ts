import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import { SqliteLedgerLog } from '#adapters/sqlite/ledger-log.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { ledgerLogContract } from './ledger-log.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

ledgerLogContract('SqliteLedgerLog', () =>
  onDataFolder(({ database }) => ({
    ledger: new SqliteLedger(database, new ManualClock()),
    log: new SqliteLedgerLog(database),
  })),
);

ledgerLogContract('MemoryLedger', () => {
  const ledger = new MemoryLedger();
  return inMemory({ ledger, log: ledger });
});
