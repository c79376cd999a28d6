import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DossierReport, verifyDossier } from '#crypto/dossier/verify-dossier.ts';
import type { CheckpointFile } from '#crypto/ledger/anchors.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import type { Principal, Role } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import type { DossierNeeds } from '#lambdas/read-dossier/gather-dossier.ts';
import { readDossier } from '#lambdas/read-dossier/read-dossier.ts';
import { LedgerTrees } from '#steps/ledger-trees.ts';
import { loadOrganization } from '#steps/load.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { present } from '#test/support/demo.ts';
import { bytesOf } from '#test/support/ledger.ts';
import { decideBy, policyWith } from '#test/support/policies.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  administrator,
  current,
  makeWorld,
  organization,
  password,
  ready,
  request,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

let world: World;
let enrollment: Enrollment;
const auditor: Principal = { organization, subject: 'olga', roles: ['auditor'] };

/** An enrollment with all that a dossier tells of: escrowed, exported, one export refused, its subscriber told, all of it sealed. */
beforeAll(async () => {
  world = await makeWorld();
  const { dependencies } = world;
  enrollment = await ready(world);
  const { id: enrollmentId } = enrollment;
  const copy = (secret: Secret) =>
    exportCopy(dependencies, subscriber(), {
      ...{ enrollmentId, unlocking: { password: secret }, pfxPassword: 'same', requestId: 'export' },
    });
  await expectRefused(world, 'wrong-password', () => copy(wrongPassword()));
  await copy(password());
  for (const [id, about] of [
    [`${enrollmentId}.2.0`, 'this one'],
    ['enr_other.2.0', 'another one'],
    [`${enrollmentId}.3.0`, 'this one, later'],
  ] as const) {
    const to = { organization, subscriberId: 'ada', email: 'ada@acme.example' };
    await dependencies.notifier.notify({ id, ...to, subject: 'Your key', text: about });
  }
  await ready(world, { idempotencyKey: 'other', subscriber: { ...enrollment.subscriber, id: 'bob' } });
  await sealLedger(dependencies, organization);
  await readCsr(dependencies, administrator, { enrollmentId, requestId: 'csr' });
});
afterAll(() => world.close());

function read(
  principal: Principal,
  { id }: Pick<Enrollment, 'id'> = enrollment,
  needs: Omit<DossierNeeds, 'trees'> = world.dependencies,
  since?: number,
) {
  const trees = new LedgerTrees(needs.ledgerLog);
  return readDossier({ ...needs, trees }, principal, { enrollmentId: id, since, requestId: 'dossier' });
}

async function verified(file: string, anchors: CheckpointFile[] = []): Promise<DossierReport> {
  const keys = { keys: [await world.dependencies.keys.receiptKey()] };
  return await verifyDossier(Buffer.from(file), keys, { anchors });
}

describe('a dossier', () => {
  it('verifies, and holds all that is known of one key', async () => {
    const report = await verified(await read(auditor));
    expect(report).toMatchObject({ ok: true, findings: [] });
    const { dossier } = report;
    const backup = present(activeBackup(enrollment));
    const { key } = enrollment;
    expect(dossier).toMatchObject({
      ...{ organization, enrollmentId: enrollment.id, state: 'ready', build: 'test build' },
      request: { purpose: 'encryption', subscriber: { id: 'ada', familyName: "O'Brien" } },
      key: { custody: 'software', exportable: true, escrow: 'required', csrSha256: key?.csrSha256 },
      backups: [{ id: backup.id, objectVersion: backup.objectVersion, retainUntil: backup.retainUntil }],
      exports: [
        { outcome: 'refused', code: 'wrong-password' },
        { outcome: 'done', profile: 'modern' },
      ],
      missingReceipts: [],
      ledger: { complete: true },
    });
    expect(dossier.key.csr).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----\n/);
    expect(dossier.notices.map(({ text }) => text)).toEqual(['this one', 'this one, later']);
    expect(report.receipts.map(({ receipt }) => receipt.receipt)).toEqual(['backup', 'backup']);
    expect(dossier.decisions.length).toBeGreaterThan(1);
  });

  it('holds each entry of the enrollment with its proof, and no other one', async () => {
    const { lines, remarks } = await verified(await read(auditor));
    const { entries } = world.dependencies.ledger;
    const own = entries.filter(({ enrollmentId }) => enrollmentId === enrollment.id);
    // The one of this very dossier came last.
    expect(lines.map(({ entry }) => entry)).toEqual(own.slice(0, -1));
    expect(lines.find(({ entry }) => entry.action === 'export-copy')?.proved).toBe(true);
    expect(lines.find(({ entry }) => entry.action === 'read-csr')?.proved).toBe(false);
    expect(remarks.map(({ name }) => name)).toContain('not-sealed');
  });

  it('holds the policy that decided, word by word', async () => {
    const { policies, decided } = (await verified(await read(auditor))).dossier;
    expect(policies.map(({ version }) => version)).toEqual([decided.policy.version]);
    for (const rule of decided.policy.rules.filter((each) => !each.startsWith('floor-')))
      expect(policies[0]?.cedar).toContain(`@id("${rule}")`);
  });

  it('is recorded with its SHA-256, before it leaves', async () => {
    const file = await read(auditor);
    const sha256 = createHash('sha256')
      .update(JSON.stringify(JSON.parse(file).dossier))
      .digest('hex');
    expect(world.dependencies.ledger.entries.at(-1)).toMatchObject({
      ...{ action: 'read-dossier', principal: 'olga', outcome: 'done', enrollmentId: enrollment.id },
      about: [sha256],
    });
    const ledger = {
      record: async () => {
        throw new StoreError('store-unavailable');
      },
    };
    const reading = read(auditor, enrollment, { ...world.dependencies, ledger });
    await expect(reading).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('has the proof that its ledger continues that of a kept checkpoint, where one is named', async () => {
    const { registry, ledgerLog } = world.dependencies;
    const first = present(await registry.read('ledger', organization, 'ledger'));
    await readCsr(world.dependencies, administrator, { enrollmentId: enrollment.id, requestId: 'csr' });
    await sealLedger(world.dependencies, organization);
    const file = await read(auditor, enrollment, world.dependencies, first.treeSize);
    const kept = { name: 'kept.jwt', read: () => bytesOf(first.checkpoint) };
    const report = await verified(file, [kept]);
    expect(report).toMatchObject({ ok: true, anchors: { given: 1, same: 0, continued: 1 } });
    const lines = await ledgerLog.lines(organization, 0, 1_000);
    const beyond = await verified(await read(auditor, enrollment, world.dependencies, lines.length + 1));
    expect(beyond.dossier.ledger.consistency).toBeNull();
  });

  it('has what was sealed a moment ago, and which no index has yet', async () => {
    const { ledgerLog } = world.dependencies;
    const lagging = {
      organizations: () => ledgerLog.organizations(),
      lines: ledgerLog.lines.bind(ledgerLog),
      find: async (...of: Parameters<typeof ledgerLog.find>) => {
        const found = await ledgerLog.find(of[0]);
        return { ...found, items: found.items.filter(({ text }) => !text.includes('"read-csr"')) };
      },
      locate: ledgerLog.locate.bind(ledgerLog),
    };
    const whole = await verified(await read(auditor));
    const file = await read(auditor, enrollment, { ...world.dependencies, ledgerLog: lagging });
    const sealed = ({ lines }: DossierReport) =>
      lines.filter(({ proved }) => proved).map(({ sequence }) => sequence);
    expect(sealed(await verified(file))).toEqual(sealed(whole));
  });

  it('tells since when escrow is due', async () => {
    const escrowDue = { since: '2026-01-06T08:00:00.000Z', policy: { version: '1', rules: ['all'] } };
    const due = await request(world, { idempotencyKey: 'due', purpose: 'identity' });
    const { next, condition } = {
      next: { ...due, version: due.version + 1, escrowDue },
      condition: { version: due.version },
    };
    await world.dependencies.registry.replace(next, condition);
    const { dossier } = await verified(await read(auditor, due));
    expect(dossier).toMatchObject({
      state: 'awaiting-subscriber',
      key: { escrowDue, csr: null },
      backups: [],
    });
  });

  it('holds nothing that opens a key', async () => {
    const file = await read(subscriber());
    const { documents } = world.dependencies;
    const { key } = enrollment;
    const { sealedPassphraseId } = present(activeBackup(enrollment));
    for (const [kind, id] of [
      ['locked-key', present(key?.lockedKeyId)],
      ['sealed-passphrase', sealedPassphraseId],
    ] as const) {
      const text = new TextDecoder().decode(await documents.get({ kind, organization, id }));
      expect(file).not.toContain(JSON.stringify(text).slice(-60, -1));
    }
    expect(file).not.toContain('correct horse');
  });

  it('of one that was refused has the refusal and its receipt, and no key', async () => {
    const refused = await request(world, { idempotencyKey: 'no', purpose: 'identity', lock: 'held' });
    const report = await verified(await read(auditor, refused));
    expect(report).toMatchObject({
      ok: true,
      dossier: {
        state: 'refused',
        decided: { refusal: { code: 'enrollment-refused', reason: expect.stringMatching(/\.$/) } },
        key: { spkiSha256: null, csr: null },
        backups: [],
      },
    });
    expect(report.receipts).toMatchObject([{ receipt: { receipt: 'refusal', enrollmentId: refused.id } }]);
  });

  it('of one that was destroyed still says what it was', async () => {
    const gone = await ready(world, { idempotencyKey: 'gone' });
    const authTime = Math.floor(world.dependencies.clock.now().getTime() / 1000);
    const destruction = { enrollmentId: gone.id, confirm: gone.id, requestId: 'destroy' };
    await destroyEnrollment(world.dependencies, { ...administrator, authTime }, destruction);
    const report = await verified(await read(auditor, await current(world, gone)));
    expect(report).toMatchObject({
      ok: true,
      dossier: { state: 'destroyed', key: { csrSha256: gone.key?.csrSha256 } },
    });
  });

  it('leaves out the receipt of an attempt that no record names, and says so', async () => {
    const { ledger, documents } = world.dependencies;
    const made = await ready(world, { idempotencyKey: 'unfinished' });
    const act = { action: 'make-key-pair', organization, principal: 'service', enrollmentId: made.id };
    await ledger.record({ ...act, outcome: 'done', receiptId: 'rcp_never' });
    const stored = present(activeBackup(enrollment)).receiptId;
    const bytes = await documents.get({ kind: 'receipt', organization, id: stored });
    await documents.put({ kind: 'receipt', organization, id: 'rcp_stray' }, bytes);
    await ledger.record({ ...act, outcome: 'done', receiptId: 'rcp_stray' });
    const report = await verified(await read(auditor, made));
    expect(report.ok).toBe(true);
    expect(report.dossier.missingReceipts).toEqual(['rcp_never', 'rcp_stray']);
    expect(report.remarks.filter(({ name }) => name === 'receipt-not-stored')).toHaveLength(2);
  });

  it('is not made of a ledger that was changed', async () => {
    const { ledgerLog } = world.dependencies;
    const changed = {
      organizations: () => ledgerLog.organizations(),
      lines: async (...of: Parameters<typeof ledgerLog.lines>) =>
        (await ledgerLog.lines(...of)).map((line) => ({
          ...line,
          text: line.text.replace('refused', 'done'),
        })),
      find: ledgerLog.find.bind(ledgerLog),
      locate: ledgerLog.locate.bind(ledgerLog),
    };
    await expectRefused(world, 'object-damaged', () =>
      read(auditor, enrollment, { ...world.dependencies, ledgerLog: changed }),
    );
  });
});

describe('who may have a dossier', () => {
  const as = (role: Role, subject: string, of = organization): Principal => ({
    ...{ organization: of, subject, roles: [role] },
  });

  it('an auditor, an administrator, and the subscriber', async () => {
    for (const principal of [auditor, administrator, subscriber()])
      expect(await verified(await read(principal))).toMatchObject({ ok: true });
  });

  it.each([
    ['another subscriber', as('subscriber', 'bob'), 'not-found'],
    ['an auditor of another organization', as('auditor', 'olga', 'rival'), 'not-found'],
    ['a workflow', as('enrollment-workflow', 'machine'), 'not-permitted'],
    ['the help desk', as('recovery-official', 'olivia'), 'not-permitted'],
    ['a recovery agent', as('recovery-agent', 'ray'), 'not-permitted'],
  ] as const)('not %s; and that is recorded', async (_who, principal, code) => {
    const record = { action: 'read-dossier', principal: principal.subject, enrollmentId: enrollment.id };
    await expectRefused(world, code, () => read(principal), record);
  });
});

describe('a dossier of very much', () => {
  it('holds the first entries, and says that there are more', async () => {
    const { ledger } = world.dependencies;
    const many = await request(world, { idempotencyKey: 'many' });
    const act = {
      action: 'show-enrollment',
      organization,
      principal: 'p'.repeat(256),
      enrollmentId: many.id,
    };
    for (let number = 0; number < 60; number += 1)
      await ledger.record({ ...act, outcome: 'refused', about: ['x'.repeat(60_000)] });
    const file = await read(auditor, many);
    expect(file.length).toBeLessThan(3_000_000);
    const report = await verified(file);
    expect(report).toMatchObject({ ok: true, dossier: { ledger: { complete: false } } });
    expect(report.lines.length).toBeGreaterThan(30);
    expect(report.remarks.map(({ name }) => name)).toContain('incomplete');
  });

  it('holds the newest notices, and says that there were earlier ones', async () => {
    const told = await request(world, { idempotencyKey: 'told' });
    const to = { organization, subscriberId: 'ada', email: 'ada@acme.example', subject: 'Your key' };
    for (let number = 0; number < 502; number += 1)
      await world.dependencies.notifier.notify({ id: `${told.id}.${number}.0`, ...to, text: `${number}` });
    const { dossier, remarks } = await verified(await read(auditor, told));
    expect(dossier.notices.map(({ text }) => text)).toEqual(
      Array.from({ length: 500 }, (_, n) => `${n + 2}`),
    );
    expect(remarks).toContainEqual(
      expect.objectContaining({ why: expect.stringContaining('earlier notices') }),
    );
  });

  it('holds the policies that there is room for, and names the others', async () => {
    const { ledger } = world.dependencies;
    const asked = await request(world, { idempotencyKey: 'asked' });
    const act = { action: 'export-copy', organization, principal: 'ada', enrollmentId: asked.id };
    const versions: string[] = [];
    for (const letter of ['a', 'b', 'c', 'd']) {
      const { cedar, tests } = policyWith({});
      const text = { cedar: `${cedar}\n// ${letter.repeat(400_000)}`, tests };
      await decideBy(world.dependencies, organization, text);
      const { policy } = await loadOrganization(world.dependencies, organization);
      versions.push(policy.version);
      await ledger.record({
        ...act,
        outcome: 'refused',
        policy: { version: policy.version, rules: ['some'] },
      });
    }
    await ledger.record({ ...act, outcome: 'refused', policy: { version: 'settings', rules: ['some'] } });
    const report = await verified(await read(auditor, asked));
    expect(report.ok).toBe(true);
    const [first = '', second = '', ...more] = versions;
    const { policies, missingPolicies } = report.dossier;
    expect(policies.map(({ version }) => version)).toEqual([asked.policy.version, first, second]);
    expect(missingPolicies).toEqual([...more, 'settings']);
  });
});
