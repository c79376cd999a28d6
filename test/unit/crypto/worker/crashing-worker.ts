import { parentPort, threadId } from 'node:worker_threads';

/** A worker for tests of the pool: what it does is the first byte of the salt. */
parentPort?.on('message', ({ input }: { input: { salt: Uint8Array } }) => {
  const [order] = input.salt;
  if (order === 1) throw new TypeError('the thread failed');
  if (order === 2) process.exit(3);
  if (order === 3) parentPort?.postMessage({ ok: false, message: 'the task failed' });
  else parentPort?.postMessage({ ok: true, output: Uint8Array.of(threadId) });
});
