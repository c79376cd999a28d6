import { beforeEach, describe, expect, it } from 'vitest';
import type { ReplaceCondition } from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { Organization, OrganizationChange } from '#domain/organization.ts';
import type { Aggregate } from '#ports/registry.ts';
import { updateOrganization } from '#steps/update-organization.ts';
import { organizationRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { thrownBy } from '#test/support/refused.ts';

/** A registry where somebody else writes first, some times. */
class ContestedRegistry extends MemoryRegistry {
  losses = 0;
  writes = 0;

  override async replace(record: Aggregate, condition: ReplaceCondition): Promise<void> {
    this.writes += 1;
    if (this.losses > 0) {
      this.losses -= 1;
      const stands = await this.read('organization', record.organization, 'organization');
      if (stands === undefined) throw new TypeError('nothing to win');
      const { version, name } = stands;
      await super.replace({ ...stands, version: version + 1, name: `${name}!` }, { version });
    }
    await super.replace(record, condition);
  }
}

let registry: ContestedRegistry;
const start: Organization = {
  ...organizationRecord('acme'),
  name: 'Acme',
  events: [{ name: 'EnrollmentAccepted', data: { enrollmentId: 'x', purpose: 'identity' } }],
};
const ask = ({ name }: Organization): OrganizationChange => ({ contact: `help@${name}` });

function update(change: (current: Organization) => OrganizationChange | undefined = ask) {
  return updateOrganization({ registry }, 'acme', change);
}

beforeEach(async () => {
  registry = new ContestedRegistry(new ManualClock());
  await registry.create(start);
});

describe('a change of an organization', () => {
  it('is written once, without the events of the version before, and returned as written', async () => {
    const written = await update();
    expect(written).toEqual({ ...start, version: 2, contact: 'help@Acme', events: [] });
    expect(await registry.read('organization', 'acme', 'organization')).toEqual(written);
    expect(registry.writes).toBe(1);
  });

  it('is decided anew from what the winner of a race wrote', async () => {
    registry.losses = 2;
    expect(await update()).toMatchObject({ version: 4, name: 'Acme!!', contact: 'help@Acme!!' });
    expect(registry.writes).toBe(3);
  });

  it('is given up if others keep winning', async () => {
    registry.losses = 8;
    expect(await thrownBy(() => update())).toMatchObject({ code: 'version-conflict', retryable: true });
    expect(registry.writes).toBe(8);
  });

  it('that changes nothing, or gives up by itself, writes nothing', async () => {
    expect(await update(() => undefined)).toEqual(start);
    const change = () => {
      throw new StateError('precondition-failed');
    };
    expect((await thrownBy(() => update(change))).code).toBe('precondition-failed');
    expect(registry.writes).toBe(0);
  });

  it('of one that is not set up is refused', async () => {
    const act = () => updateOrganization({ registry }, 'other', ask);
    expect((await thrownBy(act)).code).toBe('not-set-up');
  });
});
