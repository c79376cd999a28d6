import { measure, quantile } from '../measure.ts';
import type { Group } from '../result.ts';
import { openAppending } from './appending.ts';

/** Whoever is served at once: a server of one machine works on some sixty requests and messages at a time. */
const callers = 64;
const runs = 15;

/** How many entries a second the ledger of one machine takes, each durable before its caller goes on. */
export const ledger: Group = async (report) => {
  const appending = await openAppending();
  try {
    const syncs: number[] = [];
    for (let run = 0; run < runs; run++) syncs.push(await appending.syncsPerSecond(50));
    const alone = `a line to a plain file and fsync, one after the other, ${Math.round(quantile(syncs, 0.5))} a second on the same disk`;
    const sqlite = `SQLite ${process.versions['sqlite'] ?? ''}, Node ${process.version}`;
    report.message(`ledger-appends-per-s: ${runs} runs of ${callers} callers`);
    const many = { name: 'ledger-appends-per-s', runs, reach: '>=1000' };
    const together = { ...many, yardstick: `${callers} callers at once; ${alone}; ${sqlite}` };
    report.result(await measure(together, 'per s', () => appending.perSecond(callers, 40)));
    const one = { name: 'ledger-appends-per-s-one-caller', runs, reach: 'none' };
    const single = { ...one, yardstick: `one caller; ${alone}; ${sqlite}` };
    report.result(await measure(single, 'per s', () => appending.perSecond(1, 50)));
  } finally {
    await appending.close();
  }
};
