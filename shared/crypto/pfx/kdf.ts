import { Secret } from '#domain/secret.ts';
import { digestsFor, type Pkcs12KdfTask, pkcs12KdfSync } from '../worker/pkcs12-kdf.ts';
import { runInWorker } from '../worker/pool.ts';
import { bmpPassword } from './password.ts';

/** Up to so many digests are computed at once on the calling thread: under a millisecond, once their code is loaded. */
const inlineDigests = 4_096;

export interface Pkcs12Kdf extends Omit<Pkcs12KdfTask, 'password'> {
  /** UTF-8. */
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
    return new Secret(isShort(input) ? pkcs12KdfSync(task) : await runInWorker('pkcs12-kdf', task));
  } finally {
    password.fill(0);
  }
}

function isShort({ digest, iterations, keyLength }: Pkcs12Kdf): boolean {
  return iterations * digestsFor(keyLength, digest) <= inlineDigests;
}
