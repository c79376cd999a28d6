import { tables } from '#contract/tables.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { KeptNotice, NoticeQuery, Notices } from '#ports/notices.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import type { Page } from '#ports/registry.ts';
import { realWaiting, type Waiting } from '../aws/backoff.ts';
import { subscriberKey } from './aggregate-row.ts';
import type { DynamoCalls } from './calls.ts';
import {
  newProgress,
  noticeOf,
  noticesOf,
  type Progress,
  progressOf,
  rowOfNotice,
  rowOfProgress,
} from './notice-rows.ts';
import { positionIn, positionsFrom } from './positions.ts';
import { type Row, textOf } from './rows.ts';
import { Table } from './table.ts';

/** How long whoever has taken a notice may take to hand it on before another does, in milliseconds. */
const leaseMilliseconds = 60_000;
/** How long is waited until the other has, before it is looked at again, in milliseconds. */
const pauseMilliseconds = 100;
const mostPauses = 50;

const vacant = { expression: 'attribute_not_exists(#record)' };

/**
 * Keeps notices in Amazon DynamoDB, each once, so that they can be listed; then hands them on to whatever delivers them, and notes
 * that it did: SNS would deliver a second time what it is given a second time. A notice that comes twice at the same time is handed on by
 * one, and the other waits for that. A crash right between the two lets it be handed on twice, and so does whoever is held up there for
 * longer than his lease.
 */
export class DynamoNoticeBoard implements Notifier, Notices {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #next: Notifier | undefined;
  readonly #waiting: Waiting;

  /**
   * @param table the name of the table `activity`
   * @param next delivers them; if absent, the list is all there is
   */
  constructor(calls: DynamoCalls, table: string, clock: Clock, next?: Notifier, waiting = realWaiting) {
    this.#table = new Table(calls, table, tables.activity);
    this.#clock = clock;
    this.#next = next;
    this.#waiting = waiting;
  }

  async notify(notice: Notice): Promise<void> {
    let progress = await this.#lease(notice);
    if (progress === undefined) return;
    try {
      progress = await this.#enter(notice, progress);
      await this.#next?.notify(notice);
    } catch (error) {
      // Whoever tries again need not wait for the lease to end.
      await this.#note(notice, progress, { ...progress, leased: 0 }).catch(() => undefined);
      throw error;
    }
    // It is handed on, whether or not this can be noted: to say that it failed would have it handed on again.
    await this.#note(notice, progress, { ...progress, isHandedOn: true }).catch(() => undefined);
  }

  async list({ organization, subscriberId, limit, cursor }: NoticeQuery): Promise<Page<KeptNotice>> {
    const partition =
      subscriberId === undefined
        ? { partition: noticesOf(organization) }
        : { index: 'by-subscriber', partition: subscriberKey(organization, subscriberId) };
    const before = cursor === undefined ? {} : { sort: { before: positionIn(cursor) } };
    const rows: Row[] = [];
    // One more than asked for tells whether there is a further page.
    for await (const row of this.#table.rows({
      ...partition,
      ...before,
      descending: true,
      pageSize: limit + 1,
    })) {
      rows.push(row);
      if (rows.length > limit) break;
    }
    const items = rows.slice(0, limit).map(noticeOf);
    const last = rows[limit - 1];
    return rows.length > limit && last !== undefined ? { items, cursor: textOf(last, 'record') } : { items };
  }

  /** Takes a notice, as the first or after one who left it undone. @returns undefined if it was handed on before */
  async #lease(notice: Notice): Promise<Progress | undefined> {
    for (let tries = 0; tries < mostPauses; tries += 1) {
      const now = this.#clock.now();
      const leased = now.getTime() + leaseMilliseconds;
      const first = newProgress(now, leased);
      const begun = await this.#table.putOwn(rowOfProgress(notice, first), vacant);
      if (begun.done) return first;
      const found = begun.found === undefined ? undefined : progressOf(begun.found);
      if (found?.isHandedOn === true) return undefined;
      if (found !== undefined && found.leased <= now.getTime()) {
        const progress = { ...found, leased };
        if (await this.#note(notice, found, progress)) return progress;
      }
      await this.#waiting.sleep(pauseMilliseconds);
    }
    throw new StoreError('store-unavailable', { why: 'somebody else is handing on the same notice' });
  }

  /** Puts a notice into the list, at its position or, where another's stands there, at the next that is free. */
  async #enter(notice: Notice, progress: Progress): Promise<Progress> {
    let present = progress;
    for (const position of positionsFrom(progress.position)) {
      const moved = { ...present, position };
      // Its place is noted before it is taken, so that it is found again there and never stands in the list twice.
      if (position !== present.position) await this.#note(notice, present, moved);
      present = moved;
      const kept = await this.#table.putOwn(rowOfNotice(notice, present), vacant);
      if (kept.done || kept.found?.['id'] === notice.id) return present;
    }
    return present;
  }

  /** @returns whether it was still as it is known here */
  async #note(notice: Notice, known: Progress, next: Progress): Promise<boolean> {
    const condition = { expression: '#leased = :known', values: { known: known.leased } };
    return (await this.#table.putOwn(rowOfProgress(notice, next), condition)).done;
  }
}
