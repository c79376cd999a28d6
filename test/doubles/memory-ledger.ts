import type { Ledger, LedgerEntry } from '#ports/ledger.ts';

/** A ledger in memory. */
export class MemoryLedger implements Ledger {
  readonly entries: LedgerEntry[] = [];

  async record(entry: LedgerEntry): Promise<string> {
    this.entries.push(structuredClone(entry));
    return String(this.entries.length);
  }
}
