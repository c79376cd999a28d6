import { describePfx } from '#crypto/pfx/describe.ts';
import type { Output } from '../output.ts';
import { iterationsInAll } from './guessing.ts';

/** From here on, opening a file and trying it takes more than a second. */
const long = 3_000_000;

/** Says beforehand that a file takes long to open, where its iteration counts say so; of what is no PFX, nothing. */
export function sayIfLong(pfx: Uint8Array, output: Output): void {
  const iterations = seenIterations(pfx);
  if (iterations < long) return;
  output.message(`The file asks for ${iterations.toLocaleString('en-US')} iterations: that takes a moment.`);
}

function seenIterations(pfx: Uint8Array): number {
  try {
    return iterationsInAll(describePfx(pfx));
  } catch {
    return 0;
  }
}
