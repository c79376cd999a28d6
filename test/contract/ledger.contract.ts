import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import type { Making, Subject } from './subject.ts';

export interface LedgerParts {
  ledger: Ledger;
  /** The entries of an organization, in the order in which they were recorded. */
  entries(organization: string): LedgerEntry[] | Promise<LedgerEntry[]>;
}

/** What every Ledger must do. */
export function ledgerContract(name: string, make: (clock: ManualClock) => Making<LedgerParts>): void {
  describe(`${name} as Ledger`, () => {
    let clock: ManualClock;
    let subject: Subject<LedgerParts>;
    beforeEach(async () => {
      clock = new ManualClock();
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    const done = (requestId: string, organization = 'acme'): LedgerEntry => ({
      action: 'request-enrollment',
      organization,
      principal: 'workflow',
      outcome: 'done',
      enrollmentId: 'e-1',
      requestId,
    });
    const refused: LedgerEntry = {
      action: 'export-backup',
      organization: '',
      principal: 's-1',
      outcome: 'refused',
      code: 'wrong-password',
      about: ['password'],
    };

    it('keeps every entry as it was, in order, also after it was opened again', async () => {
      await subject.ledger.record(done('r-1'));
      subject = await subject.reopen();
      clock.advance(1);
      await subject.ledger.record(done('r-2'));
      await subject.ledger.record(done('r-2'));
      expect(await subject.entries('acme')).toEqual([done('r-1'), done('r-2'), done('r-2')]);
    });

    it('keeps an entry that names no organization', async () => {
      await subject.ledger.record(refused);
      expect(await subject.entries('')).toEqual([refused]);
    });

    it('keeps organizations apart', async () => {
      await subject.ledger.record(done('r-1'));
      await subject.ledger.record(done('r-2', 'other'));
      expect(await subject.entries('acme')).toEqual([done('r-1')]);
      expect(await subject.entries('other')).toEqual([done('r-2', 'other')]);
      expect(await subject.entries('nobody')).toEqual([]);
    });

    it('gives each entry an id of its own, whoever records at the same time', async () => {
      const calls = Array.from({ length: 40 }, (_, index) =>
        subject.ledger.record(done(`r-${index}`, index % 2 === 0 ? 'acme' : 'other')),
      );
      expect(new Set(await Promise.all(calls)).size).toBe(40);
      expect(await subject.entries('acme')).toHaveLength(20);
    });

    it('keeps copies: what a caller changes later is not recorded', async () => {
      const entry = done('r-1');
      await subject.ledger.record(entry);
      entry.outcome = 'failed';
      expect(await subject.entries('acme')).toEqual([done('r-1')]);
    });
  });
}
