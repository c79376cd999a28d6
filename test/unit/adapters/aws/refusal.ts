import { EscrowError } from '#domain/errors.ts';

/** The error of ours that a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<EscrowError> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof EscrowError) return outcome;
  throw new TypeError('the call was not refused by an error of ours', { cause: outcome });
}
