import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { pkcs12KdfSync } from '#crypto/worker/pkcs12-kdf.ts';

const script = new URL('../../../../shared/crypto/worker/worker.ts', import.meta.url);

/** Bytes that this thread and a worker both see, so that what the worker does to them is seen here. */
function shared(...bytes: number[]): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
  view.set(bytes);
  return view;
}

describe('the worker thread', () => {
  it.each([
    ['derives a key', 'sha384'],
    ['fails', 'none'],
  ])('wipes what came with a task when it %s', async (_, digest) => {
    const [password, salt] = [shared(0, 0x73, 0, 0), shared(1, 2, 3, 4)];
    const task = { id: 3, iterations: 2, keyLength: 48 } as const;
    const expected = pkcs12KdfSync({
      ...task,
      digest: 'sha384',
      password: password.slice(),
      salt: salt.slice(),
    });
    const worker = new Worker(script, { execArgv: [] });
    try {
      worker.postMessage({ name: 'pkcs12-kdf', input: { ...task, digest, password, salt } });
      const [reply] = await once(worker, 'message');
      if (digest === 'none') expect(reply).toMatchObject({ ok: false });
      else expect(reply).toEqual({ ok: true, output: expected });
      expect([...password, ...salt]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    } finally {
      await worker.terminate();
    }
  });
});
