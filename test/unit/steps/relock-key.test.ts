import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockByNothing } from '#crypto/locks.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { Registry } from '#ports/registry.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { relockKey } from '#steps/relock-key.ts';
import { thrownBy } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';
import { administrator, current, makeWorld, organization, ready, type World } from '#test/support/world.ts';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

async function readyKey(): Promise<Enrollment> {
  number += 1;
  return await ready(world, { idempotencyKey: `relock-${number}`, purpose: 'identity' });
}

/** Locks the key of an enrollment anew; something else happens just before, or just after, its record is written. */
function relock(
  enrollment: Enrollment,
  happens: { before?: () => Promise<unknown>; after?: () => Promise<unknown> } = {},
) {
  const { documents } = world.dependencies;
  const interrupted = withChanged<DocumentStore>(documents, {
    put: async (name, bytes) => {
      await happens.before?.();
      await documents.put(name, bytes);
      await happens.after?.();
    },
  });
  const wrapped = lockByNothing({
    wrapped: new Uint8Array(8),
    context: { organization, enrollmentId: enrollment.id },
  });
  const relocking = { enrollment, wrapped, password: Secret.fromText('new horse'), passwordSetBy: undefined };
  return relockKey({ ...world.dependencies, documents: interrupted }, relocking);
}

/** A registry whose write of another lock gets no answer, and is done only when the record has been read so often since. */
function writingLate(opened: Enrollment, reads: number): Registry {
  const { registry } = world.dependencies;
  let late: (() => Promise<unknown>) | undefined;
  let left = reads;
  return withChanged<Registry>(registry, {
    replace: async (record, condition) => {
      const switches = 'key' in record && record.key?.lockedKeyId !== opened.key?.lockedKeyId;
      if (late !== undefined || !switches) return await registry.replace(record, condition);
      late = () => registry.replace(record, condition).catch(() => undefined);
      throw new StoreError('store-unavailable');
    },
    read: async (type, ...names) => {
      const found = await registry.read(type, ...names);
      if (late !== undefined) left -= 1;
      if (left === 0) await late?.();
      return found;
    },
  });
}

function lockedKeysOf({ id }: Enrollment): string[] {
  const names = world.dependencies.documents.names().filter(({ kind }) => kind === 'locked-key');
  return names.map((name) => name.id).filter((name) => name.startsWith(id));
}

async function finished(enrollment: Enrollment): Promise<Enrollment> {
  return await discardSuperseded(world.dependencies, await current(world, enrollment));
}

describe('locking a key anew', () => {
  it('names its record before it is written, and the old one when the new one counts', async () => {
    const enrollment = await readyKey();
    const pending: (string | undefined)[] = [];
    const note = async () => {
      pending.push((await current(world, enrollment)).pendingLock);
    };
    const relocked = await relock(enrollment, { before: note });
    expect(pending).toEqual([relocked.key?.lockedKeyId]);
    expect(relocked.pendingLock).toBeUndefined();
    expect(relocked.superseded).toEqual([{ kind: 'locked-key', id: enrollment.key?.lockedKeyId }]);
    expect(lockedKeysOf(enrollment)).toHaveLength(2);
  });

  it.each(['before', 'after'] as const)(
    'is given up where another took over just %s its record was written, and leaves none',
    async (moment) => {
      const enrollment = await readyKey();
      let other: Enrollment | undefined;
      const takeOver = async () => {
        other = await relock(enrollment);
        await finished(enrollment);
      };
      const error = await thrownBy(() => relock(enrollment, { [moment]: takeOver }));
      expect(error).toMatchObject({ code: 'version-conflict', retryable: true });
      const stands = await finished(enrollment);
      expect(stands.key).toEqual(other?.key);
      expect([stands.pendingLock, stands.superseded]).toEqual([undefined, undefined]);
      expect(lockedKeysOf(enrollment)).toEqual([stands.key?.lockedKeyId]);
    },
  );

  it.each(['before', 'after'] as const)(
    'is given up where the key was destroyed just %s its record was written, and nothing is left of it',
    async (moment) => {
      const enrollment = await readyKey();
      const authTime = world.dependencies.clock.now().getTime() / 1_000;
      const { id } = enrollment;
      const destroy = () =>
        destroyEnrollment(
          world.dependencies,
          { ...administrator, authTime },
          { enrollmentId: id, confirm: id, requestId: 'destroy' },
        );
      const error = await thrownBy(() => relock(enrollment, { [moment]: destroy }));
      expect(error.code).toBe('version-conflict');
      const stands = await finished(enrollment);
      expect(stands).toMatchObject({ state: 'destroyed' });
      expect(lockedKeysOf(enrollment)).toEqual([]);
    },
  );

  it.each([1, 2])(
    'keeps the record that counts, where the last write is done so late that %i readings did not show it',
    async (reads) => {
      const enrollment = await readyKey();
      const relocking = {
        enrollment,
        wrapped: new Uint8Array(8),
        password: Secret.fromText('new horse'),
        passwordSetBy: undefined,
      };
      const registry = writingLate(enrollment, reads);
      const relocked = await relockKey({ ...world.dependencies, registry }, relocking);
      const stands = await current(world, enrollment);
      expect(stands.key?.lockedKeyId).not.toBe(enrollment.key?.lockedKeyId);
      expect(relocked.key).toEqual(stands.key);
      expect(lockedKeysOf(enrollment)).toContain(stands.key?.lockedKeyId);
    },
  );

  it('from a lock that is not the present one any more writes nothing', async () => {
    const enrollment = await readyKey();
    await relock(enrollment);
    const stands = await finished(enrollment);
    expect((await thrownBy(() => relock(enrollment))).code).toBe('version-conflict');
    expect(await current(world, enrollment)).toEqual(stands);
    expect(lockedKeysOf(enrollment)).toEqual([stands.key?.lockedKeyId]);
  });

  it('whose record does not come back as it was written is no lock', async () => {
    const enrollment = await readyKey();
    const { documents } = world.dependencies;
    const damaging = withChanged<DocumentStore>(documents, { get: async () => Uint8Array.of(0) });
    const relocking = {
      enrollment,
      wrapped: new Uint8Array(8),
      password: Secret.fromText('new horse'),
      passwordSetBy: undefined,
    };
    const act = () => relockKey({ ...world.dependencies, documents: damaging }, relocking);
    expect((await thrownBy(act)).code).toBe('proof-failed');
    expect((await current(world, enrollment)).key).toEqual(enrollment.key);
    expect(lockedKeysOf(enrollment)).toEqual([enrollment.key?.lockedKeyId]);
  });
});

describe('discarding what was superseded', () => {
  it('does nothing, and writes nothing, where there is nothing', async () => {
    const enrollment = await readyKey();
    expect(await discardSuperseded(world.dependencies, enrollment)).toBe(enrollment);
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('leaves on the list what came onto it meanwhile', async () => {
    const enrollment = await readyKey();
    const first = await relock(enrollment);
    const second = await relock(first);
    const left = await discardSuperseded(world.dependencies, first);
    expect(left.superseded).toEqual([{ kind: 'locked-key', id: first.key?.lockedKeyId }]);
    expect(lockedKeysOf(enrollment).toSorted()).toEqual(
      [first.key?.lockedKeyId, second.key?.lockedKeyId].toSorted(),
    );
    await discardSuperseded(world.dependencies, left);
    expect(lockedKeysOf(enrollment)).toEqual([second.key?.lockedKeyId]);
  });
});
