import { EscrowError } from '#domain/errors.ts';
import { advanceOrganization, type Organization, type OrganizationChange } from '#domain/organization.ts';
import type { Dependencies } from './dependencies.ts';
import { loadOrganization } from './load.ts';

const mostTries = 8;

/**
 * Changes an organization by one conditional write, from the record as it stands now; if somebody else wrote at the same
 * moment, reads and decides again.
 * @param change what to change, decided anew from each reading; it may throw to give up, and undefined changes nothing
 * @returns the organization as written, or as read where nothing changes
 * @throws SetUpError `not-set-up`; StateError `version-conflict` if others kept winning; StoreError `store-unavailable`; what
 *   `change` throws
 */
export async function updateOrganization(
  dependencies: Pick<Dependencies, 'registry'>,
  organization: string,
  change: (current: Organization) => OrganizationChange | undefined,
): Promise<Organization> {
  for (let tries = 1; ; tries++) {
    const current = await loadOrganization(dependencies, organization);
    const changed = change(current);
    if (changed === undefined) return current;
    const next = advanceOrganization(current, changed);
    try {
      await dependencies.registry.replace(next, { version: current.version });
      return next;
    } catch (error) {
      const raced = error instanceof EscrowError && error.code === 'version-conflict';
      if (!raced || tries === mostTries) throw error;
    }
  }
}
