import { eventSource } from '#contract/events.ts';
import { deriveCanaryKeys } from '#crypto/canary-keys.ts';
import { canaryName, canaryOrganization, canaryRequest, withoutCanary } from '#domain/canary.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { setUpCanaries } from './set-up-canaries.ts';

type Needs = Pick<Dependencies, 'registry' | 'keys' | 'events' | 'ledger' | 'clock' | 'canarySecret'>;

/**
 * Asks for the day's canary: an encryption key pair, requested by an event and made, escrowed and proved like anybody's. Asked
 * for twice a day it is the same one. Where no organization is set up there is nothing to watch over, and nothing is asked for.
 * @returns `first` if the canaries were only now set up, so that none can be looked for yet
 * @throws as `setUpCanaries`; StoreError `store-unavailable`
 */
export async function requestCanary(dependencies: Needs): Promise<'requested' | 'first' | 'not-needed'> {
  const { registry, events, clock, canarySecret } = dependencies;
  if (withoutCanary(await registry.organizations()).length === 0) return 'not-needed';
  const secret = await canarySecret.read();
  try {
    const keys = await deriveCanaryKeys(secret);
    const isNew = await setUpCanaries(dependencies, keys.recoveryKey);
    const now = clock.now();
    const name = canaryName(now);
    await events.publish({
      specversion: '1.0',
      id: name,
      source: `${eventSource(canaryOrganization)}/service`,
      type: 'EnrollmentRequested',
      time: now.toISOString(),
      datacontenttype: 'application/json',
      data: {
        organization: canaryOrganization,
        idempotencyKey: name,
        subscriber: { id: 'canary', givenName: '', familyName: 'Canary', email: 'canary@canary.invalid' },
        ...canaryRequest,
        recipientKey: { ...keys.recipientKey },
      },
    });
    return isNew ? 'first' : 'requested';
  } finally {
    secret.erase();
  }
}
