import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { withFault } from '#test/support/faults.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  makeWorld,
  organization,
  password,
  ready,
  request,
  subscriber,
  type World,
} from '#test/support/world.ts';

let world: World;
let enrollment: Enrollment;

beforeAll(async () => {
  world = await makeWorld();
  enrollment = await ready(world);
});
afterAll(() => world.close());

function read(
  principal: Principal,
  { id: enrollmentId }: Pick<Enrollment, 'id'> = enrollment,
): Promise<string> {
  return readCsr(world.dependencies, principal, { enrollmentId, requestId: 'csr-1' });
}

const workflow: Principal = { organization, subject: 'workflow', roles: ['enrollment-workflow'] };

describe('the certificate request', () => {
  it.each([
    ['its subscriber', subscriber()],
    ['the workflow that asked for it', workflow],
    ['an administrator', { organization, subject: 'root', roles: ['administrator'] }],
  ] as [string, Principal][])('goes to %s as PEM, and that is recorded', async (_who, principal) => {
    const pem = await read(principal);
    expect(pem).toMatch(
      /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]+\n-----END CERTIFICATE REQUEST-----\n$/,
    );
    const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64');
    expect(createHash('sha256').update(der).digest('hex')).toBe(enrollment.key?.csrSha256);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'read-csr',
      organization,
      principal: principal.subject,
      enrollmentId: enrollment.id,
      requestId: 'csr-1',
      outcome: 'done',
    });
  });

  it.each([
    ['another subscriber', subscriber('bob')],
    ['another organization', { ...workflow, organization: 'other' }],
    ['an auditor', { organization, subject: 'ada', roles: ['auditor'] }],
    ['a recovery agent', { organization, subject: 'ada', roles: ['recovery-agent'] }],
    ['nobody', { organization, subject: 'ada', roles: [] }],
  ] as [string, Principal][])('is not found by %s', async (_who, principal) => {
    const record = { action: 'read-csr', organization: principal.organization, principal: principal.subject };
    await expectRefused(world, 'not-found', () => read(principal), record);
  });

  it('is not there before the key is', async () => {
    const awaiting = await request(world, { idempotencyKey: 'awaiting' });
    await expectRefused(world, 'wrong-state', () => read(workflow, awaiting), { enrollmentId: awaiting.id });
    await expectRefused(world, 'not-found', () => read(workflow, { id: 'enr_none' }));
  });

  it('is not there for a request that was refused', async () => {
    const refused = await request(world, { idempotencyKey: 'refused', lock: 'held' });
    await expectRefused(world, 'wrong-state', () => read(workflow, refused));
  });

  it('of an encryption key does not leave before the escrowed backup is proved', async () => {
    const making = await request(world, { idempotencyKey: 'making' });
    const withoutBackup = withFault(world.dependencies, 'crash', 'vault.read').dependencies;
    const setting = { enrollmentId: making.id, password: password(), requestId: 'set' };
    await setPassword(withoutBackup, subscriber(), setting).catch(() => undefined);
    const kinds = world.dependencies.documents.names().filter(({ id }) => id.startsWith(making.id));
    expect(kinds.map(({ kind }) => kind)).toContain('csr');
    await expectRefused(world, 'making-in-progress', () => read(workflow, making));
    await expectRefused(world, 'making-in-progress', () => read(subscriber(), making));
  });
});
