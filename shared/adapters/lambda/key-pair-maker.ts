import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { type KeyPairOrder, type KeyPairReply, keyPairReplySchema } from '#contract/key-pair-order.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { AccessError, EscrowError, StoreError } from '#domain/errors.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { KeyPairMaker, PasswordedEnrollment } from '#ports/key-pair-maker.ts';
import type { Registry } from '#ports/registry.ts';
import type { StoreCalls } from '../aws/store-calls.ts';

/** The functions that make key pairs under a password: their names or ARNs, by the purpose that each may make keys for. */
export type MakerNames = Readonly<Record<Purpose, string>>;

/**
 * Has key pairs made by a function that may use the keys for it, which is called and waited for. It is never called twice for one
 * request: what became of a call without an answer, the enrollment tells.
 */
export class LambdaKeyPairMaker implements KeyPairMaker {
  readonly #calls: StoreCalls<LambdaClient>;
  readonly #names: MakerNames;
  readonly #registry: Registry;

  /** @param registry gives the enrollment once its key pair stands */
  constructor(calls: StoreCalls<LambdaClient>, names: MakerNames, registry: Registry) {
    this.#calls = calls;
    this.#names = names;
    this.#registry = registry;
  }

  async make(request: PasswordedEnrollment): Promise<Enrollment> {
    const { organization, id, purpose } = request.enrollment;
    const reply = await this.#ask(this.#names[purpose], request);
    if ('error' in reply) throw errorOf(reply.error);
    const enrollment = await this.#registry.read('enrollment', organization, id);
    if (enrollment === undefined) throw new AccessError('not-found');
    return enrollment;
  }

  async #ask(name: string, request: PasswordedEnrollment): Promise<KeyPairReply> {
    const payload = orderOf(request);
    try {
      const command = new InvokeCommand({ FunctionName: name, Payload: payload });
      const send = (client: LambdaClient, options: { abortSignal: AbortSignal }) =>
        client.send(command, options);
      return replyOf(await this.#calls.call(send, { repeatable: false }));
    } finally {
      payload.fill(0);
    }
  }
}

/** The payload, in bytes that can be erased. */
function orderOf(request: PasswordedEnrollment): Uint8Array {
  const { enrollment, password, setBy, authTime, groups, requestId } = request;
  const { organization, id: enrollmentId, purpose } = enrollment;
  const order: KeyPairOrder = {
    organization,
    enrollmentId,
    purpose,
    password: Buffer.from(password.bytes()).toString('base64'),
    requestId,
    ...(setBy !== undefined && { setBy }),
    ...(authTime !== undefined && { authTime }),
    ...(groups !== undefined && { groups: [...groups] }),
  };
  return new TextEncoder().encode(JSON.stringify(order));
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
