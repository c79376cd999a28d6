import { Secret } from '#domain/secret.ts';
import { type Pkcs12KdfTask, pkcs12KdfSync } from '../worker/pkcs12-kdf.ts';
import { runInWorker } from '../worker/pool.ts';
import { bmpPassword } from './password.ts';

/** Up to so many iterations run at once on the calling thread: under a millisecond, less than a trip to a worker. */
const inlineIterations = 4_096;

export interface Pkcs12Kdf extends Omit<Pkcs12KdfTask, 'password'> {
  /** Printable ASCII. */
  password: Secret;
}

/**
 * PKCS12KDF (RFC 7292 appendix B), off the event loop where it is long.
 * @returns `keyLength` bytes, to be erased by the caller
 * @throws InternalError `internal` if the worker thread failed
 */
export async function pkcs12Kdf(input: Pkcs12Kdf): Promise<Secret> {
  const password = bmpPassword(input.password);
  const task = { ...input, password };
  try {
    const inline = input.digest === 'sha256' && input.iterations <= inlineIterations;
    return new Secret(inline ? pkcs12KdfSync(task) : await runInWorker('pkcs12-kdf', task));
  } finally {
    password.fill(0);
  }
}
