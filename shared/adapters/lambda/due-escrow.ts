import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { DueEscrowOrder } from '#contract/due-escrow-order.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { DueEscrow, DueKey } from '#ports/due-escrow.ts';
import type { Registry } from '#ports/registry.ts';
import type { StoreCallSettings } from '../aws/store-calls.ts';
import { askFunction } from './ask-function.ts';
import { lambdaCalls, lambdaSettings } from './calls.ts';

/**
 * Has escrows that became due made by the function that may store backups, which is called and waited for, and never called twice for
 * one request. What speaks to AWS Lambda is loaded when it is first needed: few keys ever are.
 */
export class LambdaDueEscrow implements DueEscrow {
  readonly #name: string;
  readonly #registry: Registry;
  readonly #settings: StoreCallSettings;

  /**
   * @param name of the function, or its ARN
   * @param registry gives the enrollment once its escrow stands
   */
  constructor(name: string, registry: Registry, settings: StoreCallSettings = {}) {
    this.#name = name;
    this.#registry = registry;
    this.#settings = settings;
  }

  async make(due: DueKey): Promise<Enrollment> {
    const { organization, id } = due.enrollment;
    await askFunction(orderOf(due), async (Payload) => {
      const sdk = await import('@aws-sdk/client-lambda');
      const calls = lambdaCalls(new sdk.LambdaClient(lambdaSettings), this.#settings);
      const command = new sdk.InvokeCommand({ FunctionName: this.#name, Payload });
      const send = (client: LambdaClient, options: { abortSignal: AbortSignal }) =>
        client.send(command, options);
      return await calls.call(send, { repeatable: false });
    });
    const enrollment = await this.#registry.read('enrollment', organization, id);
    if (enrollment === undefined) throw new AccessError('not-found');
    return enrollment;
  }
}

function orderOf({ enrollment, unlocking, authTime, requestId }: DueKey): DueEscrowOrder {
  return {
    organization: enrollment.organization,
    enrollmentId: enrollment.id,
    unlocking: inBase64(unlocking),
    requestId,
    ...(authTime !== undefined && { authTime }),
  };
}

function inBase64(unlocking: DueKey['unlocking']): DueEscrowOrder['unlocking'] {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  if ('password' in unlocking) return { password: text(unlocking.password.bytes()) };
  return 'wrappedKey' in unlocking ? { wrappedKey: text(unlocking.wrappedKey) } : unlocking;
}
