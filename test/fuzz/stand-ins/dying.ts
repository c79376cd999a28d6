// In place of worker.ts: a process that ends at case 7, and finds something in case 300.
import type { Found } from '../tally.ts';
import { emptyTally, keep } from '../tally.ts';
import type { Order } from '../worker.ts';

process.on('message', (order: Order) => {
  if ('settings' in order) return;
  const { from, to } = order;
  if (from <= 7 && 7 < to) process.exit(3);
  const tally = { ...emptyTally(), runs: to - from };
  if (from <= 300 && 300 < to) keep(tally, found);
  process.send?.(tally);
});
process.on('disconnect', () => process.exit());

const found: Found = {
  number: 300,
  from: 'a stand-in',
  steps: ['a step'],
  password: 'fuzz password 1',
  bytes: Buffer.from('the file'),
  findings: [{ kind: 'opened', what: 'read modern' }],
};
