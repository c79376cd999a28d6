import { describe, expect, it } from 'vitest';
import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { rowOfNotice } from '#adapters/dynamodb/notice-rows.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import { StoreError } from '#domain/errors.ts';
import type { Notifier } from '#ports/notifier.ts';
import { noticeOf } from '#test/contract/notices.contract.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

/** @param fault what is to come; an answer that never comes is waited for in real time, so for a short one */
async function openedBoard(fault?: Fault) {
  const settings = fault?.kind === 'never-answer' ? { requestMilliseconds: 200 } : {};
  const opened = await openedDynamoDb(settings);
  const { calls, tables } = opened;
  const clock = new ManualClock();
  const handedOn: string[] = [];
  let act = async (): Promise<void> => {};
  const next: Notifier = {
    notify: async ({ id }) => {
      await act();
      handedOn.push(id);
    },
  };
  const boardWaiting = fakeWaiting();
  const board = new DynamoNoticeBoard(calls, tables.activity, clock, next, boardWaiting);
  return {
    ...opened,
    clock,
    handedOn,
    board,
    boardWaiting,
    table: new Table(calls, tables.activity, shapes.activity),
    /** What to do when a notice is handed on. */
    whenHandedOn: (work: () => Promise<void>) => {
      act = work;
    },
    listed: async () => (await board.list({ organization: 'acme', limit: 100 })).items.map(({ id }) => id),
  };
}

const failing = async () => {
  throw new StoreError('store-unavailable');
};

describe('a notice', () => {
  it('is handed on again at once where it could not be, and stands once in the list with its first time', async () => {
    const { board, whenHandedOn, clock, handedOn } = await openedBoard();
    whenHandedOn(failing);
    expect(await outcomeOf(board.notify(noticeOf('n-1')))).toBe('store-unavailable');
    clock.advance(5_000);
    whenHandedOn(async () => {});
    await board.notify(noticeOf('n-1'));
    expect(handedOn).toEqual(['n-1']);
    const { items } = await board.list({ organization: 'acme', limit: 10 });
    expect(items).toEqual([{ ...noticeOf('n-1'), time: '2026-01-05T08:00:00.000Z' }]);
  });

  it('left by one who crashed is taken by another once that one can no longer be at it', async () => {
    const { board, whenHandedOn, clock, handedOn, boardWaiting } = await openedBoard();
    whenHandedOn(() => new Promise(() => {}));
    const crashed = board.notify(noticeOf('n-1'));
    crashed.catch(() => {});
    await expect
      .poll(async () => (await board.list({ organization: 'acme', limit: 1 })).items)
      .toHaveLength(1);
    whenHandedOn(async () => {});
    // For now the first may still be at it.
    expect(await outcomeOf(board.notify(noticeOf('n-1')))).toBe('store-unavailable');
    expect(boardWaiting.slept.length).toBeGreaterThan(10);
    clock.advance(60_000);
    await board.notify(noticeOf('n-1'));
    expect(handedOn).toEqual(['n-1']);
  });

  it('is handed on once where that could not be noted, as long as nobody asks again', async () => {
    const { board, whenHandedOn, double, handedOn } = await openedBoard();
    whenHandedOn(async () =>
      double.faults.plan('PutItem', { kind: 'refuse', type: 'AccessDeniedException' }),
    );
    await board.notify(noticeOf('n-1'));
    expect(handedOn).toEqual(['n-1']);
  });

  it('takes the next place where another stands, and keeps it', async () => {
    const { board, whenHandedOn, table, clock, listed } = await openedBoard();
    const time = clock.now().toISOString();
    // Every place of this millisecond is taken.
    for (let place = 0; place < 100; place += 1) {
      const position = String(clock.now().getTime() * 100 + place);
      const other = rowOfNotice(noticeOf(`other-${place}`), { position, time, leased: 0, isHandedOn: true });
      await table.put(other, { expression: 'attribute_not_exists(#record)' });
    }
    whenHandedOn(failing);
    await outcomeOf(board.notify(noticeOf('n-1')));
    whenHandedOn(async () => {});
    await board.notify(noticeOf('n-1'));
    const ids = await listed();
    expect(ids.filter((id) => id === 'n-1')).toHaveLength(1);
    expect(ids).toHaveLength(100);
    const all = await board.list({ organization: 'acme', limit: 200 });
    expect(all.items[0]?.id).toBe('n-1');
    expect(all.items).toHaveLength(101);
  });

  it.each<Fault>([
    { kind: 'lose-answer' },
    { kind: 'never-answer' },
    { kind: 'cut' },
    { kind: 'refuse', type: 'ThrottlingException' },
  ])('stands once in the list and is handed on once through a wire that fails: $kind', async (fault) => {
    for (let failed = 0; failed < 3; failed += 1) {
      const { board, double, listed, handedOn } = await openedBoard(fault);
      let puts = 0;
      double.faults.otherwise = (operation) => {
        if (operation !== 'PutItem') return undefined;
        puts += 1;
        return puts === failed + 1 ? fault : undefined;
      };
      await board.notify(noticeOf('n-1'));
      await board.notify(noticeOf('n-1'));
      expect(await listed()).toEqual(['n-1']);
      expect(handedOn).toEqual(['n-1']);
    }
  });

  it('without anything to hand on to is kept in the list', async () => {
    const { calls, tables } = await openedDynamoDb();
    const board = new DynamoNoticeBoard(calls, tables.activity, new ManualClock());
    const long = noticeOf('n'.repeat(3_000));
    await board.notify(long);
    await board.notify(long);
    expect((await board.list({ organization: 'acme', limit: 10 })).items).toHaveLength(1);
  });
});
