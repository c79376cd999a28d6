import { LambdaDueEscrow } from '#adapters/lambda/due-escrow.ts';
import { environmentNames } from '#contract/environment.ts';
import type { DueEscrow } from '#ports/due-escrow.ts';
import type { Registry } from '#ports/registry.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What has escrows that became due made by the function that may store backups. @throws SetUpError `not-set-up` */
export function openDueEscrow({ environment }: Opening, registry: Registry): DueEscrow {
  const escrow = new LambdaDueEscrow(given(environment, environmentNames.escrowMaker), registry);
  return {
    async make(due) {
      requireTime();
      return await escrow.make(due);
    },
  };
}
