import { workerData } from 'node:worker_threads';

/** How often it looks for the service, and how long work under way may take to end when that is gone, in milliseconds. */
const interval = 1_000;
const patience = 5_000;

/**
 * Beside the thread that calls the library: kills the process when the service that started it (its process id is the worker
 * data) is gone and what is under way does not end, as where the library hangs.
 */
const watch = setInterval(() => {
  if (process.ppid === workerData) return;
  clearInterval(watch);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), patience);
}, interval);
