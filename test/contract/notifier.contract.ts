import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notice, Notifier } from '#ports/notifier.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import type { Making, Subject } from './subject.ts';

export interface NotifierParts {
  notifier: Notifier;
  /** What reached people, in order. */
  delivered(): Notice[];
}

/** What every Notifier must do. */
export function notifierContract(name: string, make: (clock: ManualClock) => Making<NotifierParts>): void {
  describe(`${name} as Notifier`, () => {
    let subject: Subject<NotifierParts>;
    beforeEach(async () => {
      subject = await make(new ManualClock());
    });
    afterEach(() => subject.close());

    const notice = (id: string, organization = 'acme'): Notice => ({
      id,
      organization,
      subscriberId: 's-1',
      email: 'zoe@acme.example',
      subject: 'Your encryption key is escrowed',
      text: 'Dear Zoë O’Brien 王,\n"your key"\u2028is escrowed.',
    });

    it('delivers a notice as it is', async () => {
      await subject.notifier.notify(notice('n-1'));
      expect(subject.delivered()).toEqual([notice('n-1')]);
    });

    it('delivers each notice once, also after it was started again', async () => {
      await subject.notifier.notify(notice('n-1'));
      await subject.notifier.notify(notice('n-1'));
      subject = await subject.reopen();
      await subject.notifier.notify(notice('n-2'));
      await subject.notifier.notify(notice('n-1'));
      expect(subject.delivered().map(({ id }) => id)).toEqual(['n-1', 'n-2']);
    });

    it('delivers each once when many come at the same time', async () => {
      await Promise.all(
        Array.from({ length: 30 }, (_, index) => subject.notifier.notify(notice(`n-${index % 10}`))),
      );
      expect(subject.delivered().map(({ id }) => id)).toHaveLength(10);
      expect(new Set(subject.delivered().map(({ id }) => id)).size).toBe(10);
    });

    it("takes another organization's notice of the same id for another", async () => {
      await subject.notifier.notify(notice('n-1'));
      await subject.notifier.notify(notice('n-1', 'other'));
      expect(subject.delivered()).toEqual([notice('n-1'), notice('n-1', 'other')]);
    });
  });
}
