import { sealingFunction } from '#wiring/sealing-function.ts';
import { orderedSealing } from './ordered-sealing.ts';
import { sealNewEntries } from './seal-new-entries.ts';

/** Seals what is new in the ledgers, on AWS Lambda; or what an operator orders. */
export const handler = await sealingFunction('seal-ledger', {
  ordered: orderedSealing,
  seal: sealNewEntries,
});
