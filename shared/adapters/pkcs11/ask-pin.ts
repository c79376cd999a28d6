import { EscrowError, ProviderError } from '#domain/errors.ts';
import { whileWanted } from '../call-limits.ts';
import type { PinSource } from './pin-source.ts';

/**
 * Asks for a PIN. One that is empty, or was erased, is never tried: that would cost a try.
 * @param milliseconds how long its source may take
 * @param field which PIN it is, as errors name it
 * @returns bytes to be erased
 * @throws ProviderError `provider-misconfigured` if it is empty; `provider-unavailable` if its source fails or takes too
 *   long; what the source throws of ours
 */
export async function askPin(source: PinSource, milliseconds: number, field = 'pin'): Promise<Uint8Array> {
  const deadline = new Date(Date.now() + milliseconds);
  const pin = await whileWanted({ deadline }, source, (late) => late.erase()).catch((error: unknown) => {
    throw error instanceof EscrowError ? error : noPinError(field, error);
  });
  if (pin.bytes().some((byte) => byte !== 0)) return pin.bytes();
  throw new ProviderError('provider-misconfigured', { field, why: 'is empty' });
}

function noPinError(field: string, cause: unknown): ProviderError {
  return new ProviderError('provider-unavailable', { field, why: 'cannot be had', cause });
}
