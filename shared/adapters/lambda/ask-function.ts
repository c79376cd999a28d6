import type { InvokeCommandOutput } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { type KeyPairReply, keyPairReplySchema } from '#contract/key-pair-order.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { EscrowError, StoreError } from '#domain/errors.ts';

/**
 * Has a function do what an order says, and waits for it. What is sent holds a secret, and is erased.
 * @param invoke calls the function, once
 * @throws EscrowError of the function's own code and words; StoreError `store-unavailable` where its answer is none; what `invoke` throws
 */
export async function askFunction(
  order: object,
  invoke: (payload: Uint8Array) => Promise<InvokeCommandOutput>,
): Promise<void> {
  const payload = new TextEncoder().encode(JSON.stringify(order));
  try {
    const reply = replyOf(await invoke(payload));
    if ('error' in reply) throw errorOf(reply.error);
  } finally {
    payload.fill(0);
  }
}

function replyOf({ FunctionError: failure, Payload: payload }: InvokeCommandOutput): KeyPairReply {
  if (failure !== undefined) throw unanswered('the function that makes key pairs failed');
  const text = new TextDecoder().decode(payload);
  const reply = v.safeParse(v.pipe(v.string(), v.parseJson(), keyPairReplySchema), text);
  if (!reply.success) throw unanswered('the function that makes key pairs gave an answer that is none');
  return reply.output;
}

function unanswered(why: string): StoreError {
  return new StoreError('store-unavailable', { why, next: 'Look at the enrollment, then send it again.' });
}

function errorOf({ code, ...details }: Extract<KeyPairReply, { error: unknown }>['error']): EscrowError {
  const said = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
  return new EscrowError(isErrorCode(code) ? code : 'internal', said);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
