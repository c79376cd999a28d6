import { Worker } from 'node:worker_threads';
import { InternalError } from '#domain/errors.ts';
import type { TaskName, TaskReply, Tasks } from './tasks.ts';

interface Job {
  name: string;
  input: object;
  settle(reply: TaskReply): void;
  fail(error: InternalError): void;
}

/**
 * A few worker threads that run cryptographic work off the event loop. They start when first needed, and keep the
 * process alive only while a task is running on them.
 */
export class WorkerPool {
  readonly #script: URL;
  readonly #size: number;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];

  /**
   * @param script the worker's module; it answers each message with one `TaskReply`
   * @param size how many threads at most
   */
  constructor(script: URL, size: number) {
    this.#script = script;
    this.#size = size;
  }

  /**
   * Runs a task on the next free thread. Byte arrays of the input are copied, the copies moved to the thread and wiped
   * there; the caller's own stay as they are.
   * @throws InternalError `internal` if the task failed, with what the thread said as cause, or if the thread ended
   */
  run<N extends TaskName>(name: N, input: Tasks[N]['input']): Promise<Tasks[N]['output']> {
    return new Promise((resolve, reject) => {
      const settle = (reply: TaskReply<N>) => {
        if (reply.ok) resolve(reply.output);
        else reject(new InternalError('internal', { cause: reply.message }));
      };
      this.#waiting.push({ name, input, settle, fail: reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#size ? this.#start() : undefined);
      if (worker === undefined) return;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#busy.set(worker, job);
      worker.ref();
      const { input, buffers } = copied(job.input);
      worker.postMessage({ name: job.name, input }, buffers);
    }
  }

  #start(): Worker {
    // Options of the process, such as --input-type, would not fit a worker's script.
    const worker = new Worker(this.#script, { name: 'crypto', execArgv: [] });
    worker.unref();
    worker.on('message', (reply: TaskReply) => this.#finish(worker, reply));
    worker.on('messageerror', (error) => this.#lose(worker, error));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, `the thread ended with ${code}`));
    return worker;
  }

  #finish(worker: Worker, reply: TaskReply): void {
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    worker.unref();
    this.#idle.push(worker);
    job?.settle(reply);
    this.#dispatch();
  }

  /** A thread that failed is let go with its task; the next task starts another. */
  #lose(worker: Worker, cause: unknown): void {
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    job?.fail(new InternalError('internal', { cause }));
    this.#dispatch();
  }
}

/** The input with byte arrays of its own, and their buffers, which can be moved to another thread. */
function copied(input: object): { input: object; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const entries = Object.entries(input).map(([key, value]) => {
    if (!(value instanceof Uint8Array)) return [key, value];
    const own = new Uint8Array(value);
    buffers.push(own.buffer);
    return [key, own];
  });
  return { input: Object.fromEntries(entries), buffers };
}

const pool = new WorkerPool(new URL('./worker.ts', import.meta.url), 2);

/** Runs a task on the shared pool of two threads: see `WorkerPool.run`. */
export function runInWorker<N extends TaskName>(
  name: N,
  input: Tasks[N]['input'],
): Promise<Tasks[N]['output']> {
  return pool.run(name, input);
}
