import type { Clock } from '#ports/clock.ts';
import type { KeptNotice, NoticeQuery, Notices } from '#ports/notices.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import type { Page } from '#ports/registry.ts';

/** Notices in memory, each once. */
export class MemoryNotifier implements Notifier, Notices {
  readonly notices: Notice[] = [];
  readonly #times: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async notify(notice: Notice): Promise<void> {
    const isSame = (each: Notice) => each.id === notice.id && each.organization === notice.organization;
    if (this.notices.some(isSame)) return;
    this.notices.push({ ...notice });
    this.#times.push(this.#clock.now().toISOString());
  }

  async list({ organization, subscriberId, limit, cursor }: NoticeQuery): Promise<Page<KeptNotice>> {
    const found = this.notices
      .map((notice, position) => ({ position, notice: { ...notice, time: this.#times[position] ?? '' } }))
      .filter(({ notice }) => notice.organization === organization)
      .filter(({ notice }) => subscriberId === undefined || notice.subscriberId === subscriberId)
      .filter(({ position }) => cursor === undefined || position < Number(cursor))
      .reverse();
    const items = found.slice(0, limit).map(({ notice }) => notice);
    const last = found[limit - 1];
    return found.length > limit && last !== undefined ? { items, cursor: String(last.position) } : { items };
  }
}
