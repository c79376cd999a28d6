import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { eventSource } from '#contract/events.ts';
import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { activeBackup } from '#domain/enrollment.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import { openService } from '#local/service.ts';

const organization = 'bench';

/**
 * The service on one machine, durable stores included, and one enrollment after the other through it: each locked to a
 * recipient key, so that its event alone makes the key pair and the proved escrowed backup.
 */
export async function openEnrolling(keySpec: KeySpec) {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  const service = await openService({ folder, keys: 'software' });
  const { dependencies, dispatcher } = service;
  await setUpOrganization(
    dependencies,
    { organization, subject: 'bench', roles: ['administrator'] },
    {
      name: 'Bench',
      contact: 'bench@example.org',
      recoveryKey: (await makeRecoveryKey()).publicKey,
    },
  );
  const recipientKey = await exportJWK((await generateKeyPair('ECDH-ES')).publicKey);

  const enrollOne = async () => {
    const idempotencyKey = randomUUID();
    await dependencies.events.publish({
      specversion: '1.0',
      id: idempotencyKey,
      source: eventSource(organization),
      type: 'EnrollmentRequested',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: {
        organization,
        idempotencyKey,
        subscriber: { id: 'bench', givenName: 'Bench', familyName: 'Mark', email: 'bench@example.org' },
        purpose: 'encryption',
        keySpec,
        assurance: 'medium',
        recipientKey,
      },
    });
    await dispatcher.drain();
    const id = enrollmentIdFrom(organization, idempotencyKey);
    const enrollment = await dependencies.registry.read('enrollment', organization, id);
    if (enrollment === undefined || activeBackup(enrollment) === undefined) {
      throw new Error('the enrollment did not end in a proved backup');
    }
  };
  const close = async () => {
    await service.close();
    await rm(folder, { recursive: true });
  };
  return { enrollOne, close };
}
