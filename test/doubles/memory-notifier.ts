import type { Notice, Notifier } from '#ports/notifier.ts';

/** Notices in memory, each once. */
export class MemoryNotifier implements Notifier {
  readonly notices: Notice[] = [];

  async notify(notice: Notice): Promise<void> {
    const isSame = (each: Notice) => each.id === notice.id && each.organization === notice.organization;
    if (!this.notices.some(isSame)) this.notices.push({ ...notice });
  }
}
