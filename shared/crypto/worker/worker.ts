import { parentPort } from 'node:worker_threads';
import { doTask, type TaskReply, type TaskRequest } from './tasks.ts';

/** The worker thread: one task at a time, one reply each. Every byte array that came with a task is wiped after it. */
parentPort?.on('message', async (request: TaskRequest) => {
  const reply = await answer(request);
  for (const value of Object.values(request.input)) {
    if (value instanceof Uint8Array) value.fill(0);
  }
  const output = reply.ok && reply.output instanceof Uint8Array ? [reply.output.buffer] : [];
  parentPort?.postMessage(reply, output);
});

async function answer(request: TaskRequest): Promise<TaskReply> {
  try {
    return { ok: true, output: await doTask(request) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'failed' };
  }
}
