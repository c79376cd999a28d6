import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { KeyPairOrder } from '#contract/key-pair-order.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { KeyPairMaker, PasswordedEnrollment } from '#ports/key-pair-maker.ts';
import type { Registry } from '#ports/registry.ts';
import type { StoreCalls } from '../aws/store-calls.ts';
import { askFunction } from './ask-function.ts';

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
    // The password is set there, where that is not recorded as the subscriber's act; that the key is made, is.
    await request.recordNow?.();
    await askFunction(orderOf(request), async (Payload) => {
      const command = new InvokeCommand({ FunctionName: this.#names[purpose], Payload });
      const send = (client: LambdaClient, options: { abortSignal: AbortSignal }) =>
        client.send(command, options);
      return await this.#calls.call(send, { repeatable: false });
    });
    const enrollment = await this.#registry.read('enrollment', organization, id);
    if (enrollment === undefined) throw new AccessError('not-found');
    return enrollment;
  }
}

function orderOf(request: PasswordedEnrollment): KeyPairOrder {
  const { enrollment, password, setBy, authTime, groups, requestId } = request;
  const { organization, id: enrollmentId, purpose } = enrollment;
  return {
    organization,
    enrollmentId,
    purpose,
    password: Buffer.from(password.bytes()).toString('base64'),
    requestId,
    ...(setBy !== undefined && { setBy }),
    ...(authTime !== undefined && { authTime }),
    ...(groups !== undefined && { groups: [...groups] }),
  };
}
