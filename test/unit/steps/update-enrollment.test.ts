import { beforeEach, describe, expect, it } from 'vitest';
import { type Enrollment, type ReplaceCondition, transitions } from '#domain/enrollment.ts';
import { StateError, StoreError } from '#domain/errors.ts';
import type { Registry } from '#ports/registry.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { enrollment as sample } from '#test/support/enrollment.ts';
import { thrownBy } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';

/** A registry where somebody else writes first, some times. */
class ContestedRegistry extends MemoryRegistry {
  losses = 0;
  writes = 0;

  override async replace(record: Enrollment, condition: ReplaceCondition): Promise<void> {
    this.writes += 1;
    if (this.losses > 0) {
      this.losses -= 1;
      const stands = await this.read('enrollment', record.organization, record.id);
      if (stands === undefined) throw new TypeError('nothing to win');
      const { version } = stands;
      const winner = { ...stands, version: version + 1, exports: stands.exports + 1 };
      await super.replace(winner, { version, states: [stands.state] });
    }
    await super.replace(record, condition);
  }
}

let registry: ContestedRegistry;
const start = sample({ state: 'ready' });
const addExport = ({ exports }: Enrollment) => ({ exports: exports + 1 });

function update(change = addExport) {
  return updateEnrollment({ registry }, start, transitions.recordExport, change);
}

beforeEach(async () => {
  registry = new ContestedRegistry(new ManualClock());
  await registry.create(start);
});

describe('a change of an enrollment', () => {
  it('is written once, and returned as written', async () => {
    const written = await update();
    expect(written).toEqual({ ...start, version: 2, exports: 1 });
    expect(await registry.read('enrollment', 'acme', 'enr_1')).toEqual(written);
    expect(registry.writes).toBe(1);
  });

  it('is decided anew from what the winner of a race wrote', async () => {
    registry.losses = 7;
    expect(await update()).toMatchObject({ version: 9, exports: 8 });
    expect(registry.writes).toBe(8);
  });

  it('is given up if others keep winning', async () => {
    registry.losses = 8;
    const error = await thrownBy(() => update());
    expect(error).toMatchObject({ code: 'version-conflict', retryable: true });
    expect(registry.writes).toBe(8);
    expect(await registry.read('enrollment', 'acme', 'enr_1')).toMatchObject({ exports: 8 });
  });

  it('that gives up by itself writes nothing', async () => {
    const change = () => {
      throw new StateError('wrong-state');
    };
    expect((await thrownBy(() => update(change))).code).toBe('wrong-state');
    expect(registry.writes).toBe(0);
  });

  it('may not start where the enrollment is not', async () => {
    const making = () => updateEnrollment({ registry }, start, transitions.startMaking, () => ({}));
    expect((await thrownBy(making)).code).toBe('wrong-state');
    expect(registry.writes).toBe(0);
  });

  it('of an enrollment that is not there, or is of another organization, is not found', async () => {
    for (const wrong of [
      { organization: 'acme', id: 'enr_2' },
      { organization: 'other', id: 'enr_1' },
    ]) {
      const act = () => updateEnrollment({ registry }, wrong, transitions.recordExport, addExport);
      expect((await thrownBy(act)).code).toBe('not-found');
    }
  });

  it('is not repeated when the store does not answer: the write may stand', async () => {
    let writes = 0;
    const silent = withChanged<Registry>(registry, {
      replace: async () => {
        writes += 1;
        throw new StoreError('store-unavailable');
      },
    });
    const act = () => updateEnrollment({ registry: silent }, start, transitions.recordExport, addExport);
    expect((await thrownBy(act)).code).toBe('store-unavailable');
    expect(writes).toBe(1);
  });

  it('made by several at once counts each of them', async () => {
    await Promise.all(Array.from({ length: 6 }, () => update()));
    expect(await registry.read('enrollment', 'acme', 'enr_1')).toMatchObject({ version: 7, exports: 6 });
  });
});
