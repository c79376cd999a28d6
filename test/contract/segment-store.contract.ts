import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentStore } from '#ports/segment-store.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** What every SegmentStore must do. */
export function segmentStoreContract(name: string, make: () => Making<{ store: SegmentStore }>): void {
  describe(`${name} as SegmentStore`, () => {
    let subject: Subject<{ store: SegmentStore }>;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.close());

    const text = async (organization: string, segment: number) => {
      const found = await subject.store.get(organization, segment);
      return found === undefined ? undefined : new TextDecoder().decode(found);
    };

    it('keeps a segment as it was written, also after it was opened again', async () => {
      await subject.store.put('acme', 1, bytes('one\n'));
      subject = await subject.reopen();
      expect(await text('acme', 1)).toBe('one\n');
      expect(await text('acme', 2)).toBeUndefined();
      expect(await text('other', 1)).toBeUndefined();
    });

    it('takes the same bytes again, and never others', async () => {
      await subject.store.put('acme', 1, bytes('one\n'));
      expect(await outcomeOf(subject.store.put('acme', 1, bytes('one\n')))).toBe('done');
      expect(await outcomeOf(subject.store.put('acme', 1, bytes('two\n')))).toBe('already-exists');
      expect(await text('acme', 1)).toBe('one\n');
    });

    it('lets one of those win who write at the same time', async () => {
      const written = ['a', 'b', 'c'].map((each) => outcomeOf(subject.store.put('acme', 1, bytes(each))));
      expect((await Promise.all(written)).sort()).toEqual(['already-exists', 'already-exists', 'done']);
    });

    it('lists numbers after one, ascending, and no more than asked for', async () => {
      for (const segment of [3, 1, 2, 12]) await subject.store.put('acme', segment, bytes(String(segment)));
      await subject.store.put('other', 7, bytes('7'));
      expect(await subject.store.list('acme', 0, 10)).toEqual([1, 2, 3, 12]);
      expect(await subject.store.list('acme', 1, 2)).toEqual([2, 3]);
      expect(await subject.store.list('nobody', 0, 10)).toEqual([]);
    });

    it.each(['', '_canary', '..', 'a/b'])(
      'keeps what an organization called %j has apart',
      async (organization) => {
        await subject.store.put(organization, 1, bytes('its'));
        await subject.store.put('acme', 1, bytes('acme'));
        expect(await text(organization, 1)).toBe('its');
        expect(await subject.store.list(organization, 0, 10)).toEqual([1]);
      },
    );
  });
}
