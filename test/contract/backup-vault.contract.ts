import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupVault, RemovableBackups, StoredObject } from '#ports/backup-vault.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { allListed, listedNames } from '#test/support/listed.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

export interface VaultParts {
  vault: BackupVault;
  /** By what the store tells the time; the test's own clock if not given. */
  now?: () => Date;
  /** What stands for a day, in milliseconds, where a store's retention lasts in earnest; a day if not given. */
  dayMilliseconds?: number;
}

type Make<P extends VaultParts> = (clock: ManualClock) => Making<P>;

const place = 'acme/e-1/a-1.pfx';
const content = Uint8Array.from({ length: 3_000 }, (_, index) => index % 251);
const otherContent = content.toReversed();

/** A vault before each test, and its days. */
function opened<P extends VaultParts>(make: Make<P>) {
  const state: { subject?: Subject<P>; clock: ManualClock; begun: number } = {
    clock: new ManualClock(),
    begun: 0,
  };
  const parts = (): Subject<P> => {
    if (state.subject === undefined) throw new TypeError('the test has not begun');
    return state.subject;
  };
  const dayLength = () => parts().dayMilliseconds ?? 86_400_000;
  beforeEach(async () => {
    state.clock = new ManualClock('2026-01-01T00:00:00.000Z');
    state.subject = await make(state.clock);
    // Whole seconds: no store is asked to keep more of a date.
    state.begun = Math.ceil((state.subject.now?.() ?? state.clock.now()).getTime() / 1_000) * 1_000;
  });
  afterEach(() => parts().close());
  const day = (number: number) => new Date(state.begun + (number - 1) * dayLength());
  return {
    advance: (milliseconds: number) => state.clock.advance(milliseconds),
    parts,
    day,
    vault: () => parts().vault,
    reopen: async () => {
      state.subject = await parts().reopen();
    },
    put: (bytes: Uint8Array = content, at = place) => parts().vault.put(at, bytes, day(2)),
    contentOf: async ({ name, version }: StoredObject) =>
      new Uint8Array(await parts().vault.read(name, version)),
    describedAgain: ({ name, version }: StoredObject) => parts().vault.describe(name, version),
  };
}

const notWritten = [
  [place, 'another'],
  [place, ''],
  [place, 'null'],
  ['acme/e-1/a-2.pfx', undefined],
  ['other/e-1/a-1.pfx', undefined],
  ['../acme/e-1/a-1.pfx', undefined],
  ['', undefined],
] as const;

/** What every BackupVault must do. */
export function backupVaultContract(name: string, make: Make<VaultParts>): void {
  describe(`${name} as BackupVault`, () => {
    const { vault, day, reopen, put, contentOf, describedAgain } = opened(make);

    describe('put and read', () => {
      it('describes what it stored, and gives it back by version, also after it was opened again', async () => {
        const object = await put();
        const expected = {
          name: place,
          version: expect.stringMatching(/./),
          sha256: createHash('sha256').update(content).digest('hex'),
          size: 3_000,
          retainUntil: day(2),
        };
        expect(object).toEqual(expected);
        await reopen();
        expect(await contentOf(object)).toEqual(content);
        expect(await describedAgain(object)).toEqual(object);
      });

      it('stores an empty object', async () => {
        const object = await put(new Uint8Array());
        expect(object.size).toBe(0);
        expect(await contentOf(object)).toEqual(new Uint8Array());
      });

      it('returns the earlier object when the same content comes again', async () => {
        const object = await put();
        await reopen();
        expect(await vault().put(place, content.slice(), day(4))).toEqual(object);
        expect(await describedAgain(object)).toEqual(object);
        expect(await listedNames(vault())).toEqual([place]);
      });

      it('refuses other content under a name that is taken, and leaves the first', async () => {
        const object = await put();
        expect(await outcomeOf(put(otherContent))).toBe('already-exists');
        expect(await contentOf(object)).toEqual(content);
        expect(await listedNames(vault())).toEqual([place]);
      });

      it('gives two names of the same content two objects', async () => {
        const one = await put(content, 'acme/e-1/a-1.pfx');
        const other = await put(content, 'other/e-1/a-1.pfx');
        expect(other.version).not.toBe(one.version);
        expect(await contentOf(other)).toEqual(content);
      });

      it('makes one object when the same put runs many times at once', async () => {
        const objects = await Promise.all(Array.from({ length: 6 }, () => put()));
        expect(new Set(objects.map(({ version }) => version)).size).toBe(1);
      });

      it('lets one of many contents win', async () => {
        const contents = Array.from({ length: 6 }, (_, index) => Uint8Array.of(index));
        const outcomes = await Promise.all(contents.map((bytes) => outcomeOf(put(bytes))));
        expect(outcomes.filter((outcome) => outcome === 'already-exists')).toHaveLength(5);
        const [object] = await allListed(vault(), place);
        if (object === undefined) return expect.unreachable('the winner should be stored');
        const stored = new Uint8Array(await vault().read(object.name, object.version));
        expect(stored).toEqual(contents[outcomes.indexOf('done')]);
      });

      it('reads and describes only the version that it wrote, under the name that it wrote', async () => {
        const { version } = await put();
        for (const [at, which = version] of notWritten) {
          expect(await outcomeOf(vault().read(at, which))).toBe('object-missing');
          expect(await outcomeOf(vault().describe(at, which))).toBe('object-missing');
        }
      });

      it.each(['', '../a.pfx', 'acme/a b.pfx', 'acme//a.pfx'])('takes %j for no name', async (at) => {
        expect(await outcomeOf(put(content, at))).toBe('invalid-input');
        expect(await listedNames(vault())).toEqual([]);
      });
    });

    describe('list', () => {
      it('lists by prefix in the order of names, whatever the size of its pages', async () => {
        const names = [
          'acme/e-2/b.pfx',
          'acme/e-1/a.pfx',
          'acme/e-10/a.pfx',
          'other/e-1/a.pfx',
          'acme/e-1/b.pfx',
        ];
        for (const each of names) await put(content, each);
        const listed = (prefix: string) => listedNames(vault(), prefix);
        expect(await listed('')).toEqual(names.toSorted());
        expect(await listed('acme/e-1/')).toEqual(['acme/e-1/a.pfx', 'acme/e-1/b.pfx']);
        expect(await listed('other/')).toEqual(['other/e-1/a.pfx']);
        expect(await listed('acme/e-1/a.pfx')).toEqual(['acme/e-1/a.pfx']);
        expect(await listed('acme/e-3')).toEqual([]);
        expect(await listed('%')).toEqual([]);
      });

      it('tells version and size, and a retention that is right if it tells any', async () => {
        const { version } = await put();
        const [{ retainUntil = day(2), ...listed } = {}] = await allListed(vault());
        expect(listed).toEqual({ name: place, version, size: 3_000 });
        expect(retainUntil).toEqual(day(2));
      });
    });

    describe('retention', () => {
      it('grows and never shrinks', async () => {
        const object = await put();
        const { version } = object;
        await vault().extendRetention(place, version, day(4));
        await vault().extendRetention(place, version, day(4));
        expect(await outcomeOf(vault().extendRetention(place, version, day(3)))).toBe('retention-locked');
        await reopen();
        expect(await describedAgain(object)).toEqual({ ...object, retainUntil: day(4) });
      });

      it('is of one version', async () => {
        const object = await put();
        for (const [at, which = object.version] of notWritten) {
          expect(await outcomeOf(vault().extendRetention(at, which, day(4)))).toBe('object-missing');
        }
        expect(await describedAgain(object)).toEqual(object);
      });
    });
  });
}

export interface TamperedVaultParts extends VaultParts {
  /** Changes a stored byte, behind the vault's back. */
  damage(object: StoredObject): void;
  /** Loses the stored bytes, behind the vault's back. */
  lose(object: StoredObject): void;
}

/** What a BackupVault must notice, where a test can reach behind it. */
export function tamperedVaultContract(name: string, make: Make<TamperedVaultParts>): void {
  describe(`${name} as a BackupVault that was tampered with`, () => {
    const { vault, parts, put } = opened(make);

    it('says that stored bytes were changed', async () => {
      const object = await put();
      parts().damage(object);
      expect(await outcomeOf(vault().read(place, object.version))).toBe('object-damaged');
    });

    it('says that stored bytes are gone', async () => {
      const object = await put();
      parts().lose(object);
      expect(await outcomeOf(vault().read(place, object.version))).toBe('object-missing');
      expect(await outcomeOf(vault().describe(place, object.version))).toBe('object-missing');
    });
  });
}

/** What a BackupVault must do that can remove what nobody refers to. */
export function removableVaultContract(name: string, make: Make<VaultParts>): void {
  describe(`${name} as RemovableBackups`, () => {
    const { vault, advance, day, reopen, put, contentOf } = opened(make);
    const removable = (): RemovableBackups => {
      const { removable: can } = vault();
      if (can === undefined) throw new TypeError('it removes nothing');
      return can;
    };
    const remove = (version: string) => outcomeOf(removable().remove(place, version));

    it('keeps a version until its retention ends', async () => {
      const object = await put();
      await vault().extendRetention(place, object.version, day(10));
      advance(9 * 86_400_000 - 1);
      expect(await remove(object.version)).toBe('retention-locked');
      expect(await contentOf(object)).toEqual(content);
      advance(1);
      expect(await remove(object.version)).toBe('done');
    });

    it('removes the version and frees the name', async () => {
      const object = await put();
      advance(86_400_000);
      expect(await remove(object.version)).toBe('done');
      await reopen();
      expect(await outcomeOf(vault().read(place, object.version))).toBe('object-missing');
      expect(await listedNames(vault())).toEqual([]);
      const next = await put(otherContent);
      expect(next.version).not.toBe(object.version);
      expect(await contentOf(next)).toEqual(otherContent);
    });

    it('removes no other version, and none twice', async () => {
      const object = await put();
      advance(86_400_000);
      expect(await remove('another')).toBe('object-missing');
      expect(await contentOf(object)).toEqual(content);
      const twice = await Promise.all([remove(object.version), remove(object.version)]);
      expect(twice.toSorted()).toEqual(['done', 'object-missing']);
    });
  });
}
