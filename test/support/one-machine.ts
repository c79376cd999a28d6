import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import type { KeySource } from '#local/open-keys.ts';
import { openService, type Service, type ServiceSettings } from '#local/service.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { administrator } from './world.ts';

/** The service on one machine over a folder of its own, with one organization set up. */
export interface OneMachine {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly recoveryPrivateKey: JWK;
  readonly service: Service;
  /** Lets go of everything and opens it again on what was stored, as a process does that starts after another ended. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function oneMachine(
  keys: KeySource = 'software',
  more: Pick<ServiceSettings, 'onChecked'> = {},
): Promise<OneMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-machine-'));
  const clock = new ManualClock();
  const { publicKey, privateKey } = await makeRecoveryKey();
  let service = await openService({ folder, keys, clock, ...more });
  await setUpOrganization(service.dependencies, administrator, {
    name: 'Acme',
    contact: 'helpdesk@acme.example',
    recoveryKey: publicKey,
  });
  return {
    folder,
    clock,
    recoveryPrivateKey: privateKey,
    get service() {
      return service;
    },
    async restart() {
      await service.close();
      service = await openService({ folder, keys, clock, ...more });
    },
    async close() {
      await service.close();
      await rm(folder, { recursive: true });
    },
  };
}
