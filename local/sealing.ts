import { asEscrowError } from '#domain/errors.ts';
import type { Logger } from '#runtime/log.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import type { Witness } from './witness.ts';

export interface SealingParts {
  dependencies: Dependencies;
  log: Logger;
  /** Where checkpoints are appended besides. */
  witness?: Witness;
}

/** The codes that mean that somebody must look at it: no repetition helps. */
const alarming: readonly string[] = ['object-damaged', 'object-missing'];

/**
 * Seals what is new in the ledger of each organization, and of what names none; a failure in one does not keep the others from it.
 * @returns how many checkpoints there were
 * @throws StoreError `store-unavailable` if it cannot be told whose ledgers there are
 */
export async function sealAll({ dependencies, log, witness }: SealingParts): Promise<number> {
  let count = 0;
  for (const organization of await dependencies.ledgerLog.organizations()) {
    try {
      count += (await sealLedger(dependencies, organization)).length;
      await witness?.catchUp(dependencies.segments, organization);
    } catch (error) {
      const { code } = asEscrowError(error);
      if (alarming.includes(code)) log.error('ledger-changed', { organization, code }, error);
      else log.warn('schedule-failed', { organization, code }, error);
    }
  }
  if (count > 0) log.info('ledger-sealed', { count });
  return count;
}
