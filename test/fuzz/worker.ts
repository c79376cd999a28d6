import { MemoryWatch } from './memory-watch.ts';
import { runRange } from './range.ts';
import { keep, type Tally } from './tally.ts';
import { type TrialSettings, Trials } from './trial.ts';

/** What a process is told: at first its settings, then one range of cases after another. */
export type Order = { settings: TrialSettings } | { from: number; to: number };

/** 10,000 cases in ranges of 200. */
const window = 50;
const mostGrowth = 64 * 1_048_576;

const watch = new MemoryWatch(window);
let trials: Trials | undefined;

process.on('message', async (order: Order) => {
  if ('settings' in order) {
    trials = new Trials(order.settings);
    return;
  }
  if (trials === undefined) throw new TypeError('a range before the settings');
  const tally = await runRange(trials, order.from, order.to);
  noteGrowth(tally, order.to - 1);
  process.send?.(tally);
});
process.on('disconnect', () => process.exit());

function noteGrowth(tally: Tally, number: number): void {
  const growth = watch.sample(tally.memory.held);
  if (growth <= mostGrowth) return;
  const findings = [
    { kind: 'memory' as const, what: `${growth} bytes more are held than after the first 10,000 cases` },
  ];
  keep(tally, {
    number,
    from: 'all cases before',
    steps: [],
    password: '',
    bytes: new Uint8Array(),
    findings,
  });
}
