import type { Ledger } from '#ports/ledger.ts';
import type { ledgerOnAws } from '#test/support/sealed-on-aws.ts';
import type { LedgerLogParts } from './ledger-log.contract.ts';
import { organizationRecord } from './records.ts';

/**
 * A ledger on AWS that is sealed while it is written, and whose organizations are set up as they are first written of.
 * @param sealsAfter whether what an organization has is sealed once it has so many entries
 */
export function sealingLedger(
  { writer, log, seal, registry }: ReturnType<typeof ledgerOnAws>,
  sealsAfter: (entries: number) => boolean,
): LedgerLogParts {
  const ledger = writer();
  const counts = new Map<string, number>();
  const sealing: Ledger = {
    async record(entry) {
      const { organization } = entry;
      const count = (counts.get(organization) ?? 0) + 1;
      if (count === 1 && organization !== '') await registry.create(organizationRecord(organization));
      counts.set(organization, count);
      const id = await ledger.record(entry);
      if (sealsAfter(count)) await seal(organization);
      return id;
    },
  };
  return { ledger: sealing, log };
}
