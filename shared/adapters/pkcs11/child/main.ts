import { Worker } from 'node:worker_threads';
import { Batches } from './batches.ts';
import type { Answer, Call, CallName } from './calls.ts';
import { TokenHost } from './host.ts';
import { toPlainError } from './plain-error.ts';

const host = new TokenHost();
const answers = new Batches<Answer>((items) => {
  // Nobody hears it if the service is gone; the process then ends by itself.
  process.send?.(items, () => {});
});

// Ctrl+C reaches every process of a terminal; when to stop is for the service to say, which still needs the keys.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('message', (calls: Call<CallName>[]) => {
  for (const call of calls) void answer(call);
});
process.on('disconnect', () => void end());
// A library may hang on this thread: then none of the above is heard any more.
new Worker(new URL('./orphan-watch.ts', import.meta.url), {
  workerData: Number(process.argv[2]),
  execArgv: [],
}).unref();

async function answer<C extends CallName>({ id, call, args }: Call<C>): Promise<void> {
  try {
    const result = await host.run(call, args);
    answers.add({ id, result }, () => eraseSecrets(call, result));
  } catch (error) {
    answers.add({ id, error: toPlainError(error) });
  }
}

/** A private key has been handed over: this process's copy goes. */
function eraseSecrets(call: CallName, result: unknown): void {
  if (call === 'unwrap' && result instanceof Uint8Array) result.fill(0);
  if (call !== 'generateExportable' || typeof result !== 'object' || result === null) return;
  if ('privateKey' in result && result.privateKey instanceof Uint8Array) result.privateKey.fill(0);
}

/**
 * The service is gone: what is under way ends, and with it this process. Not by `process.exit`, which waits for the threads,
 * and so for ever where the library hangs on one.
 */
async function end(): Promise<void> {
  await host.run('close', []).catch(() => {});
  process.kill(process.pid, 'SIGKILL');
}
