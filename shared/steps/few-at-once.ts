/**
 * Works on each of some items, few at once, and waits for all of them.
 * @param atOnce how many are worked on at the same time; at least 1
 * @returns how each ended, in the order of the items: none keeps the others from it
 */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const ended: PromiseSettledResult<R>[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    ended.push(...(await Promise.allSettled(items.slice(from, from + atOnce).map(work))));
  }
  return ended;
}
