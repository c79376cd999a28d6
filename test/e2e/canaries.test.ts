import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaryOrganization } from '#domain/canary.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { startChecks } from '#lambdas/check-backups/start-checks.ts';
import { requestCanary } from '#lambdas/check-canaries/request-canary.ts';
import { startCanaryCheck } from '#lambdas/check-canaries/start-canary-check.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import type { Checked } from '#local/tell-checked.ts';
import { filesUnder, present } from '#test/support/demo.ts';
import { type OneMachine, oneMachine } from '#test/support/one-machine.ts';
import { organization, password, requested, subscriber } from '#test/support/world.ts';

let machine: OneMachine;
let told: Checked[] = [];

beforeAll(async () => {
  machine = await oneMachine('software', { onChecked: (checked) => told.push(checked) });
  const { dependencies } = machine.service;
  const { id: enrollmentId } = await requestEnrollment(dependencies, requested());
  const setting = { enrollmentId, password: password(), requestId: 'set' };
  await setPassword(dependencies, subscriber(), setting);
});
afterAll(() => machine.close());

async function work(): Promise<Checked[]> {
  told = [];
  await machine.service.dispatcher.drain();
  return told;
}

/** Changes the last byte of a file that is not to be written any more. */
function spoil(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  chmodSync(file, 0o600);
  writeFileSync(file, bytes);
}

async function enrollmentsOf(name: string): Promise<Enrollment[]> {
  return (await machine.service.dependencies.registry.enrollments({ organization: name, limit: 10 })).items;
}

describe('one machine', () => {
  it('makes a key pair of its own by the events that make everybody’s, and really opens it', async () => {
    await requestCanary(machine.service.dependencies);
    await work();
    const [canary] = await enrollmentsOf(canaryOrganization);
    expect(canary).toMatchObject({ state: 'ready', backups: [{ state: 'active' }] });
    await startCanaryCheck(machine.service.dependencies);
    expect(await work()).toEqual([{ canaries: { opened: [canary?.id], findings: [] } }]);
    expect(await enrollmentsOf(organization)).toHaveLength(1);
  });

  it('keeps the secret that opens it in a file for the owner alone, and goes on with it', async () => {
    const file = join(machine.folder, 'canary-secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file, 'utf8').trim();
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    for (const other of filesUnder(machine.folder)) {
      const content = readFileSync(join(machine.folder, other), 'latin1');
      expect([other, content.includes(secret)]).toEqual([other, other === 'canary-secret']);
    }
    await machine.restart();
    await startCanaryCheck(machine.service.dependencies);
    expect(await work()).toMatchObject([{ canaries: { opened: [expect.any(String)], findings: [] } }]);
  });

  it('checks the stored backups of every organization, and tells of one that was changed', async () => {
    await startChecks(machine.service.dependencies);
    expect(await work()).toEqual(
      [canaryOrganization, organization].map((name) => ({
        backups: { organization: name, checked: 1, findings: [], isLast: true },
      })),
    );
    const [enrollment] = await enrollmentsOf(organization);
    const { objectName } = present(activeBackup(present(enrollment)));
    const [stored, ...others] = filesUnder(machine.folder).filter((file) => file.includes(objectName));
    expect(others).toEqual([]);
    spoil(join(machine.folder, present(stored)));
    await startChecks(machine.service.dependencies);
    const finding = { organization, enrollmentId: enrollment?.id, objectName, code: 'object-damaged' };
    expect(await work()).toMatchObject([{ backups: { findings: [] } }, { backups: { findings: [finding] } }]);
  });
});
