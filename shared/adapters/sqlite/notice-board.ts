import type { Clock } from '#ports/clock.ts';
import type { KeptNotice, NoticeQuery, Notices } from '#ports/notices.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import type { Page } from '#ports/registry.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

const page = (condition: string) => `
  SELECT position, id, organization, subscriber_id, email, subject, text, time FROM notices
  WHERE organization = ? AND position < ? ${condition} ORDER BY position DESC LIMIT ?`;

/** Each walks one index, newest first. */
export const noticeSql = { all: page(''), ofSubscriber: page('AND subscriber_id = ?') } as const;

/**
 * Keeps notices in SQLite, each once, so that they can be listed; then hands them on to whatever delivers them. A notice that
 * comes again is handed on again: the first time may have ended between the two, and a notifier delivers each once.
 */
export class SqliteNoticeBoard implements Notifier, Notices {
  readonly #clock: Clock;
  readonly #next: Notifier | undefined;
  readonly #insert: Statement;
  readonly #all: Statement;
  readonly #ofSubscriber: Statement;

  /** @param next delivers them; if absent, the list is all there is */
  constructor(database: Database, clock: Clock, next?: Notifier) {
    this.#clock = clock;
    this.#next = next;
    this.#insert = database.prepare(`
      INSERT INTO notices (organization, id, subscriber_id, email, subject, text, time)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#all = database.prepare(noticeSql.all);
    this.#ofSubscriber = database.prepare(noticeSql.ofSubscriber);
  }

  async notify(notice: Notice): Promise<void> {
    const { organization, id, subscriberId, email, subject, text } = notice;
    const time = this.#clock.now().toISOString();
    this.#insert.run(organization, id, subscriberId, email, subject, text, time);
    await this.#next?.notify(notice);
  }

  async list({ organization, subscriberId, limit, cursor }: NoticeQuery): Promise<Page<KeptNotice>> {
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
    // One more than asked for tells whether there is a further page.
    const rows =
      subscriberId === undefined
        ? this.#all.all(organization, before, limit + 1)
        : this.#ofSubscriber.all(organization, before, subscriberId, limit + 1);
    const items = rows.slice(0, limit).map(noticeOf);
    const last = rows[limit - 1];
    if (rows.length <= limit || last === undefined) return { items };
    return { items, cursor: String(integerOf(last, 'position')) };
  }
}

function noticeOf(row: Row): KeptNotice {
  return {
    id: textOf(row, 'id'),
    organization: textOf(row, 'organization'),
    subscriberId: textOf(row, 'subscriber_id'),
    email: textOf(row, 'email'),
    subject: textOf(row, 'subject'),
    text: textOf(row, 'text'),
    time: textOf(row, 'time'),
  };
}
