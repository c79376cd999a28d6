import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileNotifier } from '#adapters/files/file-notifier.ts';
import { noticeSql, SqliteNoticeBoard } from '#adapters/sqlite/notice-board.ts';
import { StoreError } from '#domain/errors.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryNotifier } from '#test/doubles/memory-notifier.ts';
import { noticeOf, noticesContract } from './notices.contract.ts';
import { notifierContract } from './notifier.contract.ts';
import { inMemory, onDataFolder, outcomeOf } from './subject.ts';

function withoutTime(line: string): Notice {
  const { time: _, ...notice }: Notice & { time: string } = JSON.parse(line);
  return notice;
}

notifierContract('FileNotifier', (clock) =>
  onDataFolder(({ path }) => {
    const file = join(path, 'notices.jsonl');
    return {
      notifier: new FileNotifier(file, clock),
      delivered: () => readFileSync(file, 'utf8').trimEnd().split('\n').map(withoutTime),
    };
  }),
);

const onMemory = (clock: ManualClock) => {
  const notifier = new MemoryNotifier(clock);
  return inMemory({ notifier, notices: notifier, delivered: () => notifier.notices });
};

const onBoard = (clock: ManualClock) => {
  const next = new MemoryNotifier(clock);
  return onDataFolder(({ database }) => {
    const board = new SqliteNoticeBoard(database, clock, next);
    return { notifier: board, notices: board, delivered: () => next.notices };
  });
};

notifierContract('MemoryNotifier', onMemory);
notifierContract('SqliteNoticeBoard', onBoard);
noticesContract('MemoryNotifier', onMemory);
noticesContract('SqliteNoticeBoard', onBoard);

describe('SqliteNoticeBoard', () => {
  it('hands on again what ended between keeping and delivering, and keeps it once', async () => {
    const clock = new ManualClock();
    const delivered: string[] = [];
    let broken = true;
    const next: Notifier = {
      notify: async ({ id }) => {
        if (broken) throw new StoreError('store-unavailable');
        delivered.push(id);
      },
    };
    const subject = onDataFolder(({ database }) => ({ board: new SqliteNoticeBoard(database, clock, next) }));
    expect(await outcomeOf(subject.board.notify(noticeOf('n-1')))).toBe('store-unavailable');
    broken = false;
    await subject.board.notify(noticeOf('n-1'));
    expect(delivered).toEqual(['n-1']);
    expect((await subject.board.list({ organization: 'acme', limit: 10 })).items).toHaveLength(1);
    await subject.close();
  });

  it('without anything to hand on to keeps the list', async () => {
    const subject = onDataFolder(({ database }) => ({
      board: new SqliteNoticeBoard(database, new ManualClock()),
    }));
    await subject.board.notify(noticeOf('n-1'));
    expect((await subject.board.list({ organization: 'acme', limit: 10 })).items).toHaveLength(1);
    await subject.close();
  });

  it.each([
    ['all', 'notices_by_organization (organization=? AND position<?)'],
    ['ofSubscriber', 'notices_by_subscriber (organization=? AND subscriber_id=? AND position<?)'],
  ] as const)('lists %s by an index, and sorts nothing', async (name, index) => {
    const subject = onDataFolder(({ database }) => ({ database }));
    const plan = subject.database.prepare(`EXPLAIN QUERY PLAN ${noticeSql[name]}`).all();
    expect(plan.map(({ detail }) => detail)).toEqual([`SEARCH notices USING INDEX ${index}`]);
    await subject.close();
  });
});
