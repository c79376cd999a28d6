/**
 * Merges texts that each come in order into one sequence in order, and gives each text once.
 * @param sources each in the order of its texts' UTF-8 bytes, as a table keeps its sort keys; all are begun at once
 */
export async function* inOrder(sources: readonly AsyncGenerator<string>[]): AsyncGenerator<string> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, head: await source.next() })));
  let before: string | undefined;
  for (;;) {
    const waiting = heads.flatMap((each) =>
      each.head.done === true ? [] : [{ each, text: each.head.value }],
    );
    if (waiting.length === 0) return;
    const { each, text } = waiting.reduce((one, other) => (compare(other.text, one.text) < 0 ? other : one));
    if (text !== before) yield text;
    before = text;
    each.head = await each.source.next();
  }
}

/** The next of a sequence, at most so many; the sequence can be gone on with. */
export async function take<T>(source: AsyncGenerator<T>, most: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < most) {
    const next = await source.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
