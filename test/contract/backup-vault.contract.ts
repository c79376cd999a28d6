import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupVault, StoredObject } from '#ports/backup-vault.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { outcomeOf, type Subject } from './subject.ts';

export interface VaultParts {
  vault: BackupVault;
  /** Changes a stored byte, behind the vault's back. */
  damage(object: StoredObject): void;
  /** Loses the stored bytes, behind the vault's back. */
  lose(object: StoredObject): void;
}

/** What every BackupVault must do. */
export function backupVaultContract(name: string, make: (clock: ManualClock) => Subject<VaultParts>): void {
  describe(`${name} as BackupVault`, () => {
    let clock: ManualClock;
    let subject: Subject<VaultParts>;
    beforeEach(() => {
      clock = new ManualClock('2026-01-01T00:00:00.000Z');
      subject = make(clock);
    });
    afterEach(() => subject.close());

    const place = 'acme/e-1/a-1.pfx';
    const content = Uint8Array.from({ length: 3_000 }, (_, index) => index % 251);
    const otherContent = content.toReversed();
    const day = (number: number) => new Date(Date.UTC(2026, 0, number));
    const contentOf = async ({ name: at, version }: StoredObject) =>
      new Uint8Array(await subject.vault.read(at, version));

    async function put(bytes = content, at = place): Promise<StoredObject> {
      return subject.vault.put(at, bytes, day(2));
    }

    describe('put and read', () => {
      it('describes what it stored, and gives it back by version, also after it was opened again', async () => {
        const object = await put();
        expect(object).toEqual({
          name: place,
          version: expect.stringMatching(/./),
          sha256: createHash('sha256').update(content).digest('hex'),
          size: 3_000,
          retainUntil: day(2),
        });
        subject = await subject.reopen();
        expect(await contentOf(object)).toEqual(content);
      });

      it('stores an empty object', async () => {
        const object = await put(new Uint8Array());
        expect(object.size).toBe(0);
        expect(await contentOf(object)).toEqual(new Uint8Array());
      });

      it('returns the earlier object when the same content comes again', async () => {
        const object = await put();
        subject = await subject.reopen();
        expect(await subject.vault.put(place, content.slice(), day(30))).toEqual(object);
        expect(await subject.vault.list('')).toEqual([object]);
      });

      it('refuses other content under a name that is taken, and leaves the first', async () => {
        const object = await put();
        expect(await outcomeOf(put(otherContent))).toBe('already-exists');
        expect(await contentOf(object)).toEqual(content);
        expect(await subject.vault.list('')).toEqual([object]);
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
        const [object] = await subject.vault.list(place);
        if (object === undefined) return expect.unreachable('the winner should be stored');
        expect(await contentOf(object)).toEqual(contents[outcomes.indexOf('done')]);
      });

      it('reads only the version that it wrote, under the name that it wrote', async () => {
        const { version } = await put();
        for (const [at, which] of [
          [place, 'another'],
          [place, ''],
          ['acme/e-1/a-2.pfx', version],
          ['other/e-1/a-1.pfx', version],
          ['../acme/e-1/a-1.pfx', version],
          ['', version],
        ] as const) {
          expect(await outcomeOf(subject.vault.read(at, which))).toBe('object-missing');
        }
      });

      it('says that stored bytes were changed', async () => {
        const object = await put();
        subject.damage(object);
        expect(await outcomeOf(subject.vault.read(place, object.version))).toBe('object-damaged');
      });

      it('says that stored bytes are gone', async () => {
        const object = await put();
        subject.lose(object);
        expect(await outcomeOf(subject.vault.read(place, object.version))).toBe('object-missing');
      });
    });

    describe('list', () => {
      it('lists by prefix in the order of names', async () => {
        const names = [
          'acme/e-2/b.pfx',
          'acme/e-1/a.pfx',
          'acme/e-10/a.pfx',
          'other/e-1/a.pfx',
          'acme/e-1/b.pfx',
        ];
        for (const each of names) await put(content, each);
        const listed = async (prefix: string) =>
          (await subject.vault.list(prefix)).map((object) => object.name);
        expect(await listed('')).toEqual(names.toSorted());
        expect(await listed('acme/e-1/')).toEqual(['acme/e-1/a.pfx', 'acme/e-1/b.pfx']);
        expect(await listed('other/')).toEqual(['other/e-1/a.pfx']);
        expect(await listed('acme/e-1/a.pfx')).toEqual(['acme/e-1/a.pfx']);
        expect(await listed('acme/e-3')).toEqual([]);
        expect(await listed('%')).toEqual([]);
      });
    });

    describe('retention', () => {
      it('grows and never shrinks', async () => {
        const object = await put();
        await subject.vault.extendRetention(place, object.version, day(10));
        await subject.vault.extendRetention(place, object.version, day(10));
        expect(await outcomeOf(subject.vault.extendRetention(place, object.version, day(9)))).toBe(
          'retention-locked',
        );
        subject = await subject.reopen();
        expect(await subject.vault.list(place)).toEqual([{ ...object, retainUntil: day(10) }]);
      });

      it('is of one version', async () => {
        const { version } = await put();
        for (const [at, which] of [
          [place, 'another'],
          ['acme/e-1/a-2.pfx', version],
        ] as const) {
          expect(await outcomeOf(subject.vault.extendRetention(at, which, day(10)))).toBe('object-missing');
        }
        expect((await subject.vault.list(place))[0]?.retainUntil).toEqual(day(2));
      });

      it('keeps a version until it ends', async () => {
        const object = await put();
        await subject.vault.extendRetention(place, object.version, day(10));
        clock.advance(9 * 86_400_000 - 1);
        expect(await outcomeOf(subject.vault.remove(place, object.version))).toBe('retention-locked');
        expect(await contentOf(object)).toEqual(content);
        clock.advance(1);
        expect(await outcomeOf(subject.vault.remove(place, object.version))).toBe('done');
      });
    });

    describe('remove', () => {
      it('removes the version and frees the name', async () => {
        const object = await put();
        clock.advance(86_400_000);
        await subject.vault.remove(place, object.version);
        subject = await subject.reopen();
        expect(await outcomeOf(subject.vault.read(place, object.version))).toBe('object-missing');
        expect(await subject.vault.list('')).toEqual([]);
        const next = await put(otherContent);
        expect(next.version).not.toBe(object.version);
        expect(await contentOf(next)).toEqual(otherContent);
      });

      it('removes no other version, and none twice', async () => {
        const object = await put();
        clock.advance(86_400_000);
        expect(await outcomeOf(subject.vault.remove(place, 'another'))).toBe('object-missing');
        expect(await contentOf(object)).toEqual(content);
        const twice = await Promise.all(
          [1, 2].map(() => outcomeOf(subject.vault.remove(place, object.version))),
        );
        expect(twice.toSorted()).toEqual(['done', 'object-missing']);
      });
    });
  });
}
