import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inOrder, take } from '#adapters/dynamodb/merge.ts';

async function* sequence(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
const texts = fc.array(fc.string({ unit: 'binary', maxLength: 3 }));

it('merges sequences in order into one, each text once, in the order of their bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { maxLength: 5 }), async (lists) => {
      const merged = inOrder(lists.map((each) => sequence(each.toSorted(byBytes))));
      expect(await take(merged, 1_000)).toEqual([...new Set(lists.flat())].toSorted(byBytes));
    }),
  );
});

it('takes no more than it is asked for, and goes on from there', async () => {
  const merged = inOrder([sequence(['a', 'c', 'e']), sequence(['b', 'd'])]);
  expect(await take(merged, 2)).toEqual(['a', 'b']);
  expect(await take(merged, 2)).toEqual(['c', 'd']);
  expect(await take(merged, 2)).toEqual(['e']);
  expect(await take(merged, 2)).toEqual([]);
});
