import { exportJWK, generateKeyPair } from 'jose';
import * as v from 'valibot';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { SmallCloud } from './small-cloud.ts';

export const organization = 'bench';

/** How an enrollment's key is locked for its subscriber. */
export const costedLocks = ['password', 'recipient'] as const;
export type CostedLock = (typeof costedLocks)[number];

export interface MainJob {
  /** One encryption enrollment, from its request to its certificate request in the workflow's hands. */
  enrollOne(): Promise<void>;
}

const enrollmentSchema = v.object({ id: v.string(), state: v.string() });

/**
 * Sets up an organization, so that enrollments can be made one after the other: each asked for over HTTP, its subscriber told, its
 * key made and escrowed (at once, or when the subscriber sets a password), and its certificate request fetched.
 */
export async function prepareMainJob(
  cloud: SmallCloud,
  keySpec: KeySpec,
  lock: CostedLock,
): Promise<MainJob> {
  const [administrator = ''] = await cloud.tokens(1, 'administrator');
  await cloud.call({
    ...{ route: 'setUpOrganization', method: 'PUT', path: '/v1/organization', token: administrator },
    body: {
      name: 'Example Corp',
      contact: 'help@example.org',
      recoveryKey: (await makeRecoveryKey()).publicKey,
    },
  });
  const [workflow = ''] = await cloud.tokens(1, 'enrollment-workflow');
  const [subscriber = ''] = await cloud.tokens(1, 'subscriber');
  const recipientKey = await exportJWK((await generateKeyPair('ECDH-ES')).publicKey);
  const enrollOne = async () => {
    const body = {
      subscriber: {
        id: 'subscriber-0',
        givenName: 'Ada',
        familyName: "O'Brien",
        email: 'ada.obrien@example.org',
      },
      purpose: 'encryption',
      keySpec,
      assurance: 'medium',
      ...(lock === 'recipient' && { recipientKey }),
    };
    const request = {
      route: 'requestEnrollment',
      method: 'POST',
      path: '/v1/enrollments',
      token: workflow,
    } as const;
    const { id } = v.parse(enrollmentSchema, await cloud.call({ ...request, body }));
    const path = `/v1/enrollments/${id}`;
    if (lock === 'password') {
      const setting = {
        route: 'setPassword',
        method: 'POST',
        path: `${path}/password`,
        token: subscriber,
      } as const;
      await cloud.call({ ...setting, body: { password: 'correct horse battery staple' } });
    }
    await cloud.call({ route: 'readCsr', method: 'GET', path: `${path}/csr`, token: workflow });
  };
  return { enrollOne };
}
