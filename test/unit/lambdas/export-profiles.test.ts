import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { readPfx } from '#crypto/pfx/read.ts';
import { verifyReceipt } from '#crypto/receipts.ts';
import { activeBackup, type Backup, type Enrollment } from '#domain/enrollment.ts';
import { PfxError } from '#domain/errors.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { type ExportRequest, exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { noBackupMeaning } from '#steps/decide.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { present } from '#test/support/demo.ts';
import { allListed } from '#test/support/listed.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  current,
  eventsBorn,
  makeWorld,
  organization,
  password,
  ready,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

let world: World;
let strict: World;
let enrollment: Enrollment;
let strictEnrollment: Enrollment;

beforeAll(async () => {
  world = await makeWorld({ profiles: pfxProfiles });
  enrollment = await ready(world);
  strict = await makeWorld();
  strictEnrollment = await ready(strict);
});
afterAll(() => Promise.all([world.close(), strict.close()]));

function taking(profile: PfxProfile, change: Partial<ExportRequest> = {}): ExportRequest {
  return {
    enrollmentId: enrollment.id,
    unlocking: { password: password() },
    pfxPassword: 'generated',
    profile,
    requestId: `export-${profile}`,
    ...change,
  };
}

function take(
  profile: PfxProfile,
  change?: Partial<ExportRequest>,
  dependencies: Dependencies = world.dependencies,
) {
  return exportCopy(dependencies, subscriber(), taking(profile, change));
}

describe.each(pfxProfiles)('a copy of the profile %s', (profile) => {
  let copy: Awaited<ReturnType<typeof take>>;
  beforeAll(async () => {
    copy = await take(profile);
  });

  it('is one, under the generated password that comes with it', async () => {
    const secret = present(copy.generatedPassword);
    expect((await readPfx(copy.pfx, secret, { profile })).certificates).toHaveLength(1);
    for (const other of pfxProfiles.filter((each) => each !== profile)) {
      await expect(readPfx(copy.pfx, secret, { profile: other })).rejects.toBeInstanceOf(PfxError);
    }
  });

  it('is stretched as a password of a person needs it, but for the one that never has such a password', async () => {
    const { iterations } = await readPfx(copy.pfx, present(copy.generatedPassword), { profile });
    const each = profile === 'compatible' ? 2_048 : 250_000;
    expect(iterations).toEqual({ mac: each, key: each, certificates: each });
  });

  it('is named in its receipt, in the event and in the record', async () => {
    const { keys, ledger } = world.dependencies;
    expect(await verifyReceipt(copy.receipt, { keys: [await keys.receiptKey()] })).toMatchObject({
      profile,
      confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: true, fileRestores: true },
    });
    const data = { enrollmentId: enrollment.id, exportId: copy.exportId, profile };
    expect(await eventsBorn(world)).toContainEqual(
      expect.objectContaining({ type: 'SubscriberCopyExported', data }),
    );
    const { enrollmentId, requestId } = taking(profile);
    const entry = { action: 'export-copy', organization, principal: 'ada', enrollmentId, requestId, profile };
    const { policy } = enrollment;
    const decided = { version: policy.version, rules: expect.any(Array) };
    expect(ledger.entries).toContainEqual({
      ...{ ...entry, outcome: 'done', policy: decided, receiptId: copy.receiptId },
    });
  });
});

describe('a compatible copy', () => {
  it.each<[string, ExportRequest['pfxPassword']]>([
    ['the password of the key', 'same'],
    ['one of the subscriber’s own', Secret.fromText('another horse battery')],
    ['a weak one', Secret.fromText('short')],
  ])('is refused under %s: that costs no try, and is recorded', async (_which, pfxPassword) => {
    const before = await current(world, enrollment);
    const wrong = { pfxPassword, unlocking: { password: wrongPassword() } };
    const record = { profile: 'compatible', about: ['filePassword'] } as const;
    const error = await expectRefused(world, 'invalid-input', () => take('compatible', wrong), record);
    expect(error.message).toContain('generated');
    expect(error.next).toBe('Ask for a generated password, or for another profile.');
    expect(await current(world, enrollment)).toEqual(before);
  });

  it('is stored nowhere: nothing is but its receipt', async () => {
    const { documents, vault } = world.dependencies;
    const stored = async () => [...documents.names(), ...(await allListed(vault, `${organization}/`))];
    const before = await stored();
    const { receiptId } = await take('compatible');
    const added = (await stored()).filter((each) => !before.some((one) => isDeepStrictEqual(one, each)));
    expect(added).toEqual([{ kind: 'receipt', organization, id: receiptId }]);
  });
});

describe('an escrowed backup', () => {
  // pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C) and PBES2 (RFC 8018 appendix A.4), as DER writes them.
  const tripleDes = Buffer.from('060a2a864886f70d010c0103', 'hex');
  const pbes2 = Buffer.from('06092a864886f70d01050d', 'hex');

  it('is of the profile modern where policy allows no other copies than compatible ones', async () => {
    expectTypeOf<Backup['profile']>().toEqualTypeOf<'modern'>();
    const old = await makeWorld({ profiles: ['compatible'] });
    const { profile, objectName, objectVersion } = present(activeBackup(await ready(old)));
    const pfx = Buffer.from(await old.dependencies.vault.read(objectName, objectVersion));
    expect({ profile, old: pfx.includes(tripleDes), modern: pfx.includes(pbes2) }).toEqual({
      profile: 'modern',
      old: false,
      modern: true,
    });
    await old.close();
  });

  it('would be seen to be another', async () => {
    const pfx = Buffer.from((await take('compatible')).pfx);
    expect([pfx.includes(tripleDes), pfx.includes(pbes2)]).toEqual([true, false]);
  });
});

describe('a profile that policy does not allow', () => {
  it.each(['compatible', 'pbmac1'] as const)(
    'is refused before anything is opened, told of and recorded: %s',
    async (profile) => {
      const before = await current(strict, strictEnrollment);
      const wrong = { enrollmentId: strictEnrollment.id, unlocking: { password: wrongPassword() } };
      const error = await expectRefused(
        strict,
        'export-refused',
        () => take(profile, wrong, strict.dependencies),
        { profile, about: ['profile-not-allowed'], enrollmentId: strictEnrollment.id },
      );
      expect(error.message).toContain('copies of the profile modern only');
      expect(error.message).toContain('as modern');
      expect(error.message).not.toContain(noBackupMeaning);
      expect(error.next).toBe('Ask helpdesk@acme.example.');
      const { tries, events, exports } = await current(strict, strictEnrollment);
      expect({ tries, exports }).toEqual({ tries: before.tries, exports: 0 });
      const data = { enrollmentId: strictEnrollment.id, code: 'export-refused' };
      expect(events).toEqual([{ name: 'ExportRefused', data }]);
    },
  );
});
