import { readFile } from 'node:fs/promises';
import { runInWorker } from '#crypto/worker/pool.ts';
import { InputError } from '#domain/errors.ts';
import { loggedError } from '#runtime/log-error.ts';
import packageJson from '../../../../package.json' with { type: 'json' };

/** A function that uses what bundles must bring: a worker thread, a file beside, names of classes, our own package. */
export async function handler(event: { fails?: boolean; logs?: boolean; iterations: number }) {
  if (event.logs) return loggedError(new TypeError('a sample'));
  if (event.fails) {
    const error = new InputError('invalid-input');
    throw Object.assign(error, { className: error.constructor.name });
  }
  const derived = await runInWorker('pkcs12-kdf', {
    digest: 'sha256',
    password: new Uint8Array([0, 0x61, 0, 0]),
    salt: new Uint8Array(16),
    id: 3,
    iterations: event.iterations,
    keyLength: 32,
  });
  const text = await readFile(new URL('./beside.txt', import.meta.url), 'utf8');
  return { derived: Buffer.from(derived).toString('hex'), text, version: packageJson.version };
}
