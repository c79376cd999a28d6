import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runInWorker, WorkerPool } from '#crypto/worker/pool.ts';
import { InternalError } from '#domain/errors.ts';

const script = new URL('./crashing-worker.ts', import.meta.url);
const task = (...salt: number[]) =>
  ({
    digest: 'sha256',
    password: Uint8Array.of(0, 0),
    salt: Uint8Array.from(salt),
    id: 3,
    iterations: 1,
    keyLength: 32,
  }) as const;

const run = (pool: WorkerPool, order: number) => pool.run('pkcs12-kdf', task(order));

describe('WorkerPool', () => {
  it('uses one thread again, and never more than its size', async () => {
    const pool = new WorkerPool(script, 2);
    const [first] = await run(pool, 0);
    expect(await run(pool, 0)).toEqual(Uint8Array.of(first ?? 0));
    const threads = await Promise.all(Array.from({ length: 9 }, () => run(pool, 0)));
    expect(new Set(threads.map(([id]) => id)).size).toBe(2);
  });

  it.each([
    ['throws', 1],
    ['ends', 2],
  ])('replaces a thread that %s, and fails its task only', async (_, order) => {
    const pool = new WorkerPool(script, 1);
    const outcomes = await Promise.allSettled([run(pool, 0), run(pool, order), run(pool, 0)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const failed = outcomes[1];
    expect(failed?.status === 'rejected' && failed.reason).toBeInstanceOf(InternalError);
    const [before, , after] = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value[0] : 0,
    );
    expect(after).not.toBe(before);
  });

  it('keeps a thread whose task failed, and what it said as cause', async () => {
    const pool = new WorkerPool(script, 1);
    const before = await run(pool, 0);
    await expect(run(pool, 3)).rejects.toMatchObject({ code: 'internal', cause: 'the task failed' });
    expect(await run(pool, 0)).toEqual(before);
  });

  it('fails tasks of a script that is not there', async () => {
    const pool = new WorkerPool(new URL('./missing.ts', import.meta.url), 1);
    await expect(run(pool, 0)).rejects.toMatchObject({ code: 'internal' });
    await expect(run(pool, 0)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('runInWorker', () => {
  it('leaves the bytes it was given as they are', async () => {
    const input = task(1, 2, 3);
    expect(await runInWorker('pkcs12-kdf', input)).toHaveLength(32);
    expect(input.salt).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('lets the process end when it is idle, and not before', async () => {
    const program = `
      import { runInWorker } from ${JSON.stringify(new URL('../../../../shared/crypto/worker/pool.ts', import.meta.url).href)};
      const salt = new Uint8Array(8);
      const key = await runInWorker('pkcs12-kdf', { digest: 'sha256', password: salt, salt, id: 3, iterations: 5000, keyLength: 32 });
      console.log(key.length);`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
    ]);
    expect(stdout).toBe('32\n');
  });
});
