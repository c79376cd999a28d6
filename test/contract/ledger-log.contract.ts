import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import type { LedgerLog, LedgerQuestion } from '#ports/ledger-log.ts';
import type { Making, Subject } from './subject.ts';

export interface LedgerLogParts {
  ledger: Ledger;
  log: LedgerLog;
}

const acme = 'acme';

function entryOf(requestId: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { action: 'a', organization: acme, principal: 'ada', outcome: 'done', requestId, ...more };
}

/** What every LedgerLog must do. */
export function ledgerLogContract(name: string, make: () => Making<LedgerLogParts>): void {
  describe(`${name} as LedgerLog`, () => {
    let subject: Subject<LedgerLogParts>;
    let ids: string[];
    beforeEach(async () => {
      subject = await make();
      ids = [];
      const recorded = [
        entryOf('1', { enrollmentId: 'enr_a' }),
        entryOf('2', { enrollmentId: 'enr_b', outcome: 'refused', code: 'wrong-password' }),
        entryOf('3', { principal: 'bob' }),
        entryOf('4', { enrollmentId: 'enr_a', outcome: 'failed', code: 'store-unavailable' }),
        entryOf('5', { enrollmentId: 'enr_a', principal: 'bob', outcome: 'refused', code: 'not-found' }),
        entryOf('6', { organization: 'other', enrollmentId: 'enr_a' }),
        entryOf('7', { organization: '' }),
      ];
      for (const entry of recorded) ids.push(await subject.ledger.record(entry));
    });
    afterEach(() => subject.close());

    async function found(question: Partial<LedgerQuestion>): Promise<(string | undefined)[]> {
      const asked = { organization: acme, limit: 100, after: 0, ...question };
      const { items } = await subject.log.find(asked);
      return items.map(({ text }) => JSON.parse(text).entry.requestId);
    }

    it('tells those that anything was recorded for', async () => {
      expect(await subject.log.organizations()).toEqual(['', acme, 'other']);
    });

    it('gives the lines after a sequence, as they are hashed, and no more than asked for', async () => {
      const lines = await subject.log.lines(acme, 2, 2);
      expect(lines.map(({ sequence }) => sequence)).toEqual([3, 4]);
      const members = lines.map(({ text }) => Object.keys(JSON.parse(text)));
      const inOrder = ['sequence', 'previousSha256', 'time', 'id', 'entry'];
      expect(members).toEqual([inOrder, inOrder]);
      expect(await subject.log.lines(acme, 5, 10)).toEqual([]);
      expect(await subject.log.lines('nobody', 0, 10)).toEqual([]);
    });

    it.each<[string, Partial<LedgerQuestion>, string[]]>([
      ['all', {}, ['1', '2', '3', '4', '5']],
      ['of an enrollment', { enrollments: ['enr_a'] }, ['1', '4', '5']],
      ['of several enrollments', { enrollments: ['enr_a', 'enr_b'] }, ['1', '2', '4', '5']],
      ['of no enrollment', { enrollments: [] }, []],
      ['of a principal', { principal: 'bob' }, ['3', '5']],
      [
        'of an enrollment or a principal, each once',
        { enrollments: ['enr_a'], principal: 'bob' },
        ['1', '3', '4', '5'],
      ],
      ['refused', { refused: true }, ['2', '5']],
      ['refused of an enrollment', { enrollments: ['enr_a'], refused: true }, ['5']],
      ['refused of a principal', { principal: 'ada', refused: true }, ['2']],
      ['after a sequence', { enrollments: ['enr_a'], after: 1 }, ['4', '5']],
      ["of another organization's enrollment", { organization: 'other', enrollments: ['enr_a'] }, ['6']],
    ])('finds entries: %s', async (_, question, expected) => {
      expect(await found(question)).toEqual(expected);
    });

    it('finds by pages, each once', async () => {
      const all: (string | undefined)[] = [];
      let after = 0;
      for (;;) {
        const { items, cursor } = await subject.log.find({
          organization: acme,
          enrollments: ['enr_a'],
          limit: 2,
          after,
        });
        all.push(...items.map(({ text }) => JSON.parse(text).entry.requestId));
        if (cursor === undefined) break;
        after = Number(cursor);
      }
      expect(all).toEqual(['1', '4', '5']);
    });

    it("locates an entry by its id, and none of another's", async () => {
      const line = await subject.log.locate(acme, ids[3] ?? '');
      expect(line?.sequence).toBe(4);
      expect(await subject.log.locate(acme, ids[5] ?? '')).toBeUndefined();
      expect(await subject.log.locate(acme, 'led_none')).toBeUndefined();
    });
  });
}
