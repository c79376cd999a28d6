import { setTimeout as pause } from 'node:timers/promises';
import { endOnFailure, firstSignal } from '#local/server/process-end.ts';
import { createLogger } from '#runtime/log.ts';

// A process that ends as the server does. What it does meanwhile is its argument:
// - `ends`: an orderly end, which takes a moment
// - `hangs`: an orderly end that never comes
// - `throws`, `rejects`: something that nobody catches
const [manner] = process.argv.slice(2);

endOnFailure(createLogger({ stream: process.stderr, clock: { now: () => new Date() } }));
const signalled = firstSignal();
const alive = setInterval(() => {}, 1_000);
process.stdout.write('ready\n');
if (process.env['TELL_PID'] !== undefined) process.stdout.write(`${process.pid}\n`);

if (manner === 'throws') setImmediate(() => fail());
if (manner === 'rejects') void Promise.reject(failure());

process.stdout.write(`${await signalled}\n`);
if (manner === 'hangs') await new Promise(() => {});
await pause(50);
clearInterval(alive);
process.stdout.write('ended\n');

function fail(): never {
  throw failure();
}

function failure(): Error {
  return new TypeError('holds MARKED data');
}
