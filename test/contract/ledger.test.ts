import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { readLedger } from '#test/support/kept-ledger.ts';
import { ledgerContract } from './ledger.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

ledgerContract('SqliteLedger', (clock) =>
  onDataFolder(({ database }) => ({
    ledger: new SqliteLedger(database, clock),
    entries: (organization) => readLedger(database, organization).map(({ entry }) => entry),
  })),
);

ledgerContract('MemoryLedger', () => {
  const ledger = new MemoryLedger();
  return inMemory({
    ledger,
    entries: (organization: string) => ledger.entries.filter((entry) => entry.organization === organization),
  });
});
