import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import { type KmsRole, kmsStatements } from '#contract/kms-permissions.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import type { LoggedRequest } from '#test/doubles/kms/kms-double.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { allowing, neededFor } from './allowed.ts';
import { context, type OpenedKms, openedKms, startDouble } from './opened-kms.ts';

const prefix = 'escrow/live';
const spec = 'ECC_NIST_P256';
const message = Buffer.from('message');
const statements = kmsStatements(prefix);

/** What each part of the service does, all of it. */
const acts: Readonly<Record<Exclude<KmsRole, 'set-up'>, (kms: OpenedKms) => Promise<unknown>>> = {
  open: async ({ another }) => (await another()).receiptKey(),
  enroll: async ({ exportable }) => exportable.generate(spec, context),
  export: async ({ exportable }) => {
    const { wrapped } = await exportable.generate(spec, context);
    await exportable.unwrap(wrapped, context);
  },
  receipts: async ({ provider }) => provider.signReceipt(message),
  mac: async ({ provider }) => provider.mac(Buffer.alloc(10_000)),
  resident: async ({ resident }) => {
    await resident.generate('one', spec, context);
    await resident.sign('one', 'ECDSA_SHA256', message);
    await resident.discard('one');
  },
  import: async ({ importable }) => {
    await importable.importKey('two', spec, (await makeKeyPair(spec)).privateKey, context);
  },
  sweep: async ({ resident, double, provider }) => {
    double.faults.plan('CreateKey', { kind: 'lose-answer' }, 1);
    await resident.generate('lost', spec, context).catch(() => undefined);
    double.log.length = 0;
    await provider.sweep(new Date(Date.now() + 1_000));
  },
};

/** What an act needs beside its own: an export is of what was enrolled, an import makes a resident key. */
const beside: Partial<Record<KmsRole, readonly KmsRole[]>> = { export: ['enroll'], import: ['resident'] };

describe('the statements that the service needs', () => {
  const used = new Set<string>();

  /** The actions that no statement of these roles allows; those that do are noted as used. */
  const notAllowed = (kms: Pick<OpenedKms, 'double'>, roles: readonly KmsRole[], log: LoggedRequest[]) =>
    log.flatMap((request) =>
      neededFor(request).filter(([action, on]) => {
        const ofRoles = statements.filter(({ role }) => roles.includes(role));
        const allowed = allowing(ofRoles, kms.double, prefix, action, on, request.conditions);
        for (const { sid } of allowed) used.add(`${sid} ${action}`);
        return allowed.length === 0;
      }),
    );

  beforeAll(async () => {
    for (const keySource of ['kms', 'memory'] as const) {
      for (const [name, act] of Object.entries(acts)) {
        const kms = await openedKms({ aliasPrefix: prefix, keySource });
        await act(kms);
        const role = statements.find((each) => each.role === name)?.role ?? 'open';
        const roles: KmsRole[] = [role, 'open', ...(beside[role] ?? [])];
        expect(notAllowed(kms, roles, kms.double.log), `${name} with ${keySource}`).toEqual([]);
        expect(kms.double.log.length).toBeGreaterThan(0);
      }
    }
    // Two who set up at once, so that one takes its keys back.
    const double = await startDouble();
    const settings = { aliasPrefix: prefix, createOwnKeys: true };
    const first = await openKmsProvider(settings, fakeWaiting());
    double.faults.plan('DescribeKey', { kind: 'refuse', type: 'NotFoundException' }, 3);
    const second = await openKmsProvider(settings, fakeWaiting());
    expect(notAllowed({ double }, ['set-up', 'open'], double.log)).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  it('allow nothing that it does not do', () => {
    const all = statements.flatMap(({ sid, actions }) => actions.map((action) => `${sid} ${action}`));
    expect(all.filter((each) => !used.has(each))).toEqual([]);
  });

  it('name each statement once', () => {
    const sids = statements.map(({ sid }) => sid);
    expect(new Set(sids).size).toBe(sids.length);
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
  });

  it.each<[string, string, string, LoggedRequest['conditions']]>([
    [
      'a context without the enrollment',
      'kms:Decrypt',
      'custody',
      { 'kms:EncryptionContext:purpose': 'identity' },
    ],
    [
      'another purpose',
      'kms:Decrypt',
      'custody',
      {
        'kms:EncryptionContext:organization': 'acme',
        'kms:EncryptionContext:enrollment': 'enr-1',
        'kms:EncryptionContext:purpose': 'other',
        'kms:EncryptionContextKeys': ['organization', 'enrollment', 'purpose'],
      },
    ],
    [
      'more context than ours',
      'kms:Encrypt',
      'custody',
      {
        'kms:EncryptionContext:organization': 'acme',
        'kms:EncryptionContext:enrollment': 'enr-1',
        'kms:EncryptionContext:purpose': 'identity',
        'kms:EncryptionContextKeys': ['organization', 'enrollment', 'purpose', 'more'],
      },
    ],
    ['use of the custody key for another duty', 'kms:GenerateMac', 'custody', {}],
    [
      'a receipt over a message that AWS KMS would hash',
      'kms:Sign',
      'receipts',
      { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'RAW' },
    ],
    ['the end of an own key', 'kms:ScheduleKeyDeletion', 'mac', {}],
    [
      'the end of a key of another prefix',
      'kms:ScheduleKeyDeletion',
      'mac',
      { 'aws:ResourceTag/enrollment-key-escrow:prefix': 'other', 'kms:ResourceAliases': [] },
    ],
    ...['kms:Sign', 'kms:ScheduleKeyDeletion', 'kms:CreateAlias', 'kms:TagResource'].map(
      (action): [string, string, string, LoggedRequest['conditions']] => [
        `${action} with an own key as if it were a resident one`,
        action,
        'receipts',
        {
          'aws:RequestTag/enrollment-key-escrow:prefix': prefix,
          'aws:ResourceTag/enrollment-key-escrow:prefix': prefix,
          'kms:ResourceAliases': [`alias/${prefix}/receipts`],
          'kms:SigningAlgorithm': 'ECDSA_SHA_384',
          'kms:MessageType': 'DIGEST',
        },
      ],
    ),
    ['a change of policy', 'kms:PutKeyPolicy', 'mac', {}],
  ])('do not allow %s', async (_, action, ownKey, conditions) => {
    const { double } = await openedKms({ aliasPrefix: prefix });
    const { arn } = double.account.find(`alias/${prefix}/${ownKey}`);
    const daily = statements.filter(({ role }) => role !== 'set-up');
    expect(allowing(daily, double, prefix, action, arn, conditions)).toEqual([]);
  });
});

describe('docs/kms.md', () => {
  it('names the actions of each role, and no others', async () => {
    const page = await readFile(new URL('../../../../docs/kms.md', import.meta.url), 'utf8');
    const roles = new Map<string, Set<string>>();
    for (const { role, actions } of statements) {
      roles.set(role, new Set([...(roles.get(role) ?? []), ...actions]));
    }
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (`kms:[^|]+) \|/gm)];
    const told = rows.map(([, role = '', actions = '']) => [role, actions.match(/kms:\w+/g)?.sort()]);
    const meant = [...roles].map(([role, actions]) => [role, [...actions].sort()]);
    expect(told.sort()).toEqual(meant.sort());
  });
});
