import type { JWK } from 'jose';
import * as v from 'valibot';
import { expect } from 'vitest';
import { type EnrollmentView, enrollmentView } from '#contract/api/enrollments.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { Answered } from './api-client.ts';
import type { People } from './people.ts';
import type { TestServer } from './server.ts';

/** What an organization is set up with. */
export const setUpBody = {
  name: 'Example',
  contact: 'helpdesk@example.org',
};

/** Sets the organization up over HTTP. @returns the private half of its recovery key, which the server never saw */
export async function setUp(server: Pick<TestServer, 'call'>, people: People): Promise<JWK> {
  const { publicKey, privateKey } = await makeRecoveryKey();
  const token = await people.token('root', 'administrator');
  const body = { ...setUpBody, recoveryKey: publicKey };
  expect(await server.call('PUT', '/v1/organization', { token, body })).toMatchObject({ status: 200 });
  return privateKey;
}

/** The body of a request for a certificate, with changes. */
export function requestBody(subscriberId: string, change: Record<string, unknown> = {}) {
  return {
    subscriber: {
      id: subscriberId,
      givenName: 'Zoë',
      familyName: 'Späth',
      email: `${subscriberId}@example.org`,
    },
    purpose: 'encryption',
    keySpec: 'ECC_NIST_P256',
    assurance: 'medium',
    ...change,
  };
}

/** The enrollment that an answer shows; the test fails if it is none. */
export function enrollmentIn({ text, json }: Pick<Answered, 'text' | 'json'>): EnrollmentView {
  const read = v.safeParse(enrollmentView, json);
  if (!read.success) throw new TypeError(`no enrollment: ${text}`);
  return read.output;
}

/** Requests an enrollment as the organization's workflow does. */
export async function enroll(
  server: Pick<TestServer, 'call'>,
  people: People,
  body: ReturnType<typeof requestBody>,
): Promise<EnrollmentView> {
  const token = await people.token('workflow', 'enrollment-workflow');
  return enrollmentIn(await server.call('POST', '/v1/enrollments', { token, body }));
}

/** Sets the password of an enrollment as its subscriber does, which makes its key pair. */
export async function setPassword(
  server: Pick<TestServer, 'call'>,
  people: People,
  { id, subscriber }: EnrollmentView,
  password: string,
): Promise<EnrollmentView> {
  const token = await people.token(subscriber.id, 'subscriber');
  return enrollmentIn(
    await server.call('POST', `/v1/enrollments/${id}/password`, { token, body: { password } }),
  );
}

/** The body of an export: the lock opens by one password, and the file gets another. */
export function exportBody(password: string, filePassword: unknown = { is: 'same' }) {
  return { unlock: { by: 'password', password }, filePassword };
}
