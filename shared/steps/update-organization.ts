import { EscrowError } from '#domain/errors.ts';
import { advanceOrganization, type Organization, type OrganizationChange } from '#domain/organization.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { loadOrganization } from './load.ts';
import { writeOrLook } from './may-stand.ts';

const mostTries = 8;

/**
 * Changes an organization by one conditional write, from the record as it stands now; if somebody else wrote at the same
 * moment, reads and decides again.
 * @param change what to change, decided anew from each reading; it may throw to give up, and undefined changes nothing
 * @param recordNow what must be recorded before it counts, just before the first write; not where nothing changes
 * @returns the organization as written, or as read where nothing changes
 * @throws SetUpError `not-set-up`; StateError `version-conflict` if others kept winning; StoreError `store-unavailable`, with `mayStand`
 *   where it was the write; what `change` and `recordNow` throw
 */
export async function updateOrganization(
  dependencies: Pick<Dependencies, 'registry'>,
  organization: string,
  change: (current: Organization) => OrganizationChange | undefined,
  recordNow?: () => ReturnType<RecordNow>,
): Promise<Organization> {
  for (let tries = 1; ; tries++) {
    const current = await loadOrganization(dependencies, organization);
    const changed = change(current);
    if (changed === undefined) return current;
    const next = advanceOrganization(current, changed);
    if (tries === 1) await recordNow?.();
    const { registry } = dependencies;
    try {
      await writeOrLook(registry, next, () => registry.replace(next, { version: current.version }));
      return next;
    } catch (error) {
      const raced = error instanceof EscrowError && error.code === 'version-conflict';
      if (!raced || tries === mostTries) throw error;
    }
  }
}
