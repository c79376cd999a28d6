/**
 * Does some work with each item, so many at a time, each begun in the order of the list.
 * @param lanes at least 1
 * @returns what the work returned, in the order of the list
 * @throws what the work threw first; then nothing more is begun
 */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  // One iterator that all lanes take from.
  const lane = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
