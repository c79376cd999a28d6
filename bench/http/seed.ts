import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import { openService } from '#local/service.ts';

export const organization = 'bench';

/** Fills a data folder with an organization and so many enrollments that wait for their subscribers. @returns their ids */
export async function seed(folder: string, count: number): Promise<string[]> {
  const service = await openService({ folder, keys: 'software' });
  try {
    const { registry } = service.dependencies;
    await setUpOrganization(
      service.dependencies,
      { organization, subject: 'bench', roles: ['administrator'] },
      {
        name: 'Bench',
        contact: 'bench@example.org',
        recoveryKey: (await makeRecoveryKey()).publicKey,
      },
    );
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      const enrollment = waiting(index);
      await registry.create(enrollment);
      ids.push(enrollment.id);
    }
    return ids;
  } finally {
    await service.close();
  }
}

/** An enrollment as a request leaves it; it bears no event, so that nobody is told of it. */
function waiting(index: number): Enrollment {
  const id = enrollmentIdFrom(organization, `seed-${index}`);
  const subscriber = `subscriber-${index}`;
  return {
    type: 'enrollment',
    organization,
    id,
    version: 1,
    state: 'awaiting-subscriber',
    requestedAt: '2026-01-05T08:00:00.000Z',
    requestFingerprint: '0'.repeat(64),
    subscriber: {
      id: subscriber,
      givenName: 'Ada',
      familyName: 'Lovelace',
      email: `${subscriber}@example.org`,
    },
    purpose: index % 2 === 0 ? 'encryption' : 'identity',
    keySpec: 'ECC_NIST_P256',
    assurance: 'medium',
    custody: 'software',
    exportable: true,
    escrow: index % 2 === 0 ? 'required' : 'forbidden',
    lock: 'password',
    policy: { version: '1', rules: ['bench'] },
    tries: { inARow: 0, inLife: 0 },
    backups: [],
    exports: 0,
    events: [],
  };
}
