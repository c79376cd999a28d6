import type { Group } from '../result.ts';
import { openBinding } from './binding.ts';
import { runRow } from './comparison.ts';
import { rowsOf, type Sides } from './plan.ts';
import { reportStall, stallName } from './stalls.ts';
import { makeTokenSubject } from './subject.ts';
import { openTokenLoop } from './yardsticks/loop.ts';

/**
 * Signing, making and wrapping keys in a SoftHSM token through the provider, against a C program on the same token, and
 * against the naive way; and how long the event loop stands still meanwhile.
 */
export const keys: Group = async (report, wanted) => {
  await using open = await openSides();
  for (const row of rowsOf(open.sides).filter(({ name }) => wanted(name))) await runRow(report, row);
  if (wanted(stallName)) await reportStall(report, open.sides.subject);
};

/** Makes a token and gets all sides ready on it; lets go of them when disposed of, the last come first. */
export async function openSides(): Promise<AsyncDisposable & { sides: Sides }> {
  await using opening = new AsyncDisposableStack();
  const subject = await makeTokenSubject();
  opening.defer(() => subject.close());
  const loop = await openTokenLoop(subject, 'program');
  opening.defer(() => loop.close());
  const loopInNode = await openTokenLoop(subject, 'node');
  opening.defer(() => loopInNode.close());
  const binding = openBinding(subject);
  opening.defer(() => binding.close());
  const sides = { subject, loop, loopInNode, binding };
  const opened = opening.move();
  return { sides, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
