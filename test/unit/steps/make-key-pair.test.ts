import { X509Certificate } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '#crypto/identifiers.ts';
import { lockKindOf, openAsRecipient, openByPassword, openHeld } from '#crypto/locks.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import { verifyReceipt } from '#crypto/receipts.ts';
import { openSealedPassphrase, recoveryKeyThumbprint } from '#crypto/sealing.ts';
import { activeBackup, type Enrollment, type EnrollmentKey } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { LedgerLine } from '#ports/ledger-log.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { withFault } from '#test/support/faults.ts';
import { listedNames } from '#test/support/listed.ts';
import { thrownBy } from '#test/support/refused.ts';
import {
  current,
  eventNames,
  makeWorld,
  organization,
  password,
  ready,
  request,
  requestData,
  type World,
} from '#test/support/world.ts';

const day = 24 * 60 * 60 * 1000;
let world: World;
let recipient: { publicKey: JWK; privateKey: JWK };

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
  const pair = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  recipient = { publicKey: await exportJWK(pair.publicKey), privateKey: await exportJWK(pair.privateKey) };
});
afterAll(() => world.close());

function keyOf({ key }: Enrollment): EnrollmentKey {
  if (key === undefined) throw new TypeError('no key');
  return key;
}

/** The id of the entry that names a receipt. */
async function entryNaming(receiptId: string | undefined): Promise<string | undefined> {
  const lines = await world.dependencies.ledgerLog.lines(organization, 0, 1_000);
  const read = lines.map(({ text }): LedgerLine => JSON.parse(text));
  return read.find(({ entry }) => entry.receiptId === receiptId)?.id;
}

async function documentsOf({ id }: Enrollment): Promise<string[]> {
  const names = world.dependencies.documents.names();
  return names.filter((name) => name.id.startsWith(id)).map(({ kind }) => kind);
}

function lockedOf(enrollment: Enrollment): Promise<Uint8Array> {
  const id = keyOf(enrollment).lockedKeyId ?? '';
  return world.dependencies.documents.get({ kind: 'locked-key', organization, id });
}

async function expectOwnKey(enrollment: Enrollment, wrapped: Uint8Array): Promise<void> {
  const { purpose, id: enrollmentId } = enrollment;
  const context = { organization, enrollmentId, purpose };
  const privateKey = await world.dependencies.keys.exportableKeys?.unwrap(wrapped, context);
  expect(privateKey?.bytes().length).toBeGreaterThan(60);
}

describe('an encryption key under a password', () => {
  let enrollment: Enrollment;
  beforeAll(async () => {
    enrollment = await ready(world, { idempotencyKey: 'under-password' });
  });

  it('is ready, with all that was written for it and nothing else', async () => {
    expect(enrollment).toEqual(await current(world, enrollment));
    expect(enrollment).toMatchObject({ state: 'ready', version: 3, exports: 0 });
    expect(enrollment.attempt).toBeUndefined();
    expect(await documentsOf(enrollment)).toEqual([
      'locked-key',
      'csr',
      'placeholder',
      'sealed-passphrase',
      'receipt',
    ]);
    expect(await eventNames(world, enrollment)).toEqual([
      'SubscriberSignInAwaited',
      'EnrollmentKeyPairCreated',
      'BackupEscrowed',
    ]);
  });

  it('opens with the password', async () => {
    const locked = await lockedOf(enrollment);
    expect(lockKindOf(locked)).toBe('password');
    const context = { organization, enrollmentId: enrollment.id };
    const mac = (message: Uint8Array) => world.dependencies.keys.mac(message);
    await expectOwnKey(enrollment, await openByPassword({ locked, password: password(), context, mac }));
  });

  it('is the key of its placeholder certificate', async () => {
    const { placeholderId, spkiSha256: expected } = keyOf(enrollment);
    const der = await world.dependencies.documents.get({
      kind: 'placeholder',
      organization,
      id: placeholderId,
    });
    const spki = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
    expect(spkiSha256(new Uint8Array(spki))).toBe(expected);
  });

  it('has one active backup: stored, locked for its retention, and named by its version', async () => {
    expect(enrollment.backups.length).toBe(1);
    const backup = activeBackup(enrollment);
    if (backup === undefined) throw new TypeError('no backup');
    const stored = await world.dependencies.vault.read(backup.objectName, backup.objectVersion);
    expect(sha256Hex(stored)).toBe(backup.pfxSha256);
    const object = await world.dependencies.vault.describe(backup.objectName, backup.objectVersion);
    const retainUntil = new Date(world.dependencies.clock.now().getTime() + 1_095 * day);
    expect(object.retainUntil).toEqual(retainUntil);
    expect(backup.retainUntil).toBe(retainUntil.toISOString());
  });

  it('comes back with the recovery key alone', async () => {
    const backup = activeBackup(enrollment);
    if (backup === undefined) throw new TypeError('no backup');
    const { documents, vault } = world.dependencies;
    const jwe = await documents.get({
      kind: 'sealed-passphrase',
      organization,
      id: backup.sealedPassphraseId,
    });
    const reference = {
      organization,
      enrollmentId: enrollment.id,
      backupId: backup.id,
      pfxSha256: backup.pfxSha256,
    };
    const opened = await openSealedPassphrase(
      new TextDecoder().decode(jwe),
      world.recoveryPrivateKey,
      reference,
    );
    const { certificates, privateKey, friendlyName } = await readPfx(
      await vault.read(backup.objectName, backup.objectVersion),
      opened,
    );
    const spki = new X509Certificate(certificates[0] ?? '').publicKey.export({ type: 'spki', format: 'der' });
    expect(spkiSha256(new Uint8Array(spki))).toBe(keyOf(enrollment).spkiSha256);
    expect(friendlyName).toMatch(/^caEncryption_keyPair [a-z2-7]{8}$/);
    privateKey.erase();
  });

  it('has a receipt that says what was proved, and no more', async () => {
    const backup = activeBackup(enrollment);
    const { documents, keys, clock } = world.dependencies;
    const jws = await documents.get({ kind: 'receipt', organization, id: backup?.receiptId ?? '' });
    const receipt = await verifyReceipt(new TextDecoder().decode(jws), { keys: [await keys.receiptKey()] });
    const { csrSha256, spkiSha256: spki } = keyOf(enrollment);
    const organizationRecord = await world.dependencies.registry.read(
      'organization',
      organization,
      'organization',
    );
    expect(receipt).toEqual({
      receipt: 'backup',
      jti: expect.stringMatching(/^rcp_/),
      iat: Math.floor(clock.now().getTime() / 1000),
      organization,
      enrollmentId: enrollment.id,
      backupId: backup?.id,
      label: 'caEncryption_keyPair',
      purpose: 'encryption',
      keySpec: 'ECC_NIST_P256',
      csrSha256,
      spkiSha256: spki,
      pfxSha256: backup?.pfxSha256,
      profile: 'modern',
      objectVersion: backup?.objectVersion,
      retainUntil: backup?.retainUntil,
      recoveryKey: organizationRecord && (await recoveryKeyThumbprint(organizationRecord.recoveryKey)),
      confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: false, fileRestores: true },
      provedBy: expect.arrayContaining(['strict reader', 'ECDH key agreement']),
      policy: enrollment.policy,
      build: 'test build',
      ledgerEntry: await entryNaming(backup?.receiptId),
    });
    for (const personal of ['Ada', "O'Brien", 'ada@acme.example']) {
      expect(JSON.stringify(receipt)).not.toContain(personal);
    }
  });

  it('is not made where its record cannot be made, and nothing of it is left', async () => {
    const waiting = await request(world, { idempotencyKey: 'unrecorded' });
    const gone = () => Promise.reject(new StoreError('store-unavailable'));
    const make = () => makeKeyPair(world.dependencies, waiting, password(), undefined, gone);
    expect((await thrownBy(make)).code).toBe('store-unavailable');
    expect((await current(world, waiting)).state).toBe('awaiting-subscriber');
    expect(await documentsOf(waiting)).toEqual([]);
  });

  it('cannot be made again', async () => {
    const act = () => makeKeyPair(world.dependencies, enrollment, password());
    expect((await thrownBy(act)).code).toBe('wrong-state');
    expect(await current(world, enrollment)).toEqual(enrollment);
  });
});

describe('a key locked to a recipient', () => {
  it('is made at once, and opens with the private key of that recipient', async () => {
    const change = { idempotencyKey: 'to-recipient', recipientKey: { ...recipient.publicKey } };
    const enrollment = await ready(world, change);
    const locked = await lockedOf(enrollment);
    expect(lockKindOf(locked)).toBe('recipient');
    const context = { organization, enrollmentId: enrollment.id };
    await expectOwnKey(
      enrollment,
      await openAsRecipient({ locked, privateKey: recipient.privateKey, context }),
    );
    expect(activeBackup(enrollment)).toBeDefined();
  });
});

describe('a held key', () => {
  it('is made at once, and is bound to its enrollment', async () => {
    const enrollment = await ready(world, { idempotencyKey: 'held', lock: 'held' });
    const locked = await lockedOf(enrollment);
    expect(lockKindOf(locked)).toBe('held');
    const context = { organization, enrollmentId: enrollment.id };
    await expectOwnKey(enrollment, openHeld({ locked, context }));
  });
});

describe('an identity key', () => {
  it('has no backup, no sealed passphrase and no stored PFX', async () => {
    const enrollment = await ready(world, { idempotencyKey: 'identity', purpose: 'identity' });
    expect(enrollment).toMatchObject({ state: 'ready', escrow: 'forbidden', backups: [] });
    expect(await documentsOf(enrollment)).toEqual(['locked-key', 'csr', 'placeholder']);
    expect(await listedNames(world.dependencies.vault, `${organization}/${enrollment.id}/`)).toEqual([]);
    expect(await eventNames(world, enrollment)).toEqual([
      'SubscriberSignInAwaited',
      'EnrollmentKeyPairCreated',
    ]);
  });

  it('that is resident never leaves custody: nothing of it is stored', async () => {
    const change = { idempotencyKey: 'resident', purpose: 'identity', assurance: 'medium-hardware' };
    const enrollment = await ready(world, change);
    expect(enrollment).toMatchObject({ state: 'ready', exportable: false, lock: 'resident', backups: [] });
    const { residentKey, lockedKeyId, spkiSha256: expected } = keyOf(enrollment);
    expect(lockedKeyId).toBeUndefined();
    expect(await documentsOf(enrollment)).toEqual(['csr', 'placeholder']);
    const { residentKeys } = world.dependencies.keys;
    const signature = await residentKeys?.sign(residentKey ?? '', 'ECDSA_SHA256', new Uint8Array(8));
    expect(signature?.length).toBeGreaterThan(60);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of RSA is made as well', async () => {
    const change = { idempotencyKey: 'rsa', purpose: 'identity', keySpec: 'RSA_2048' };
    expect(await ready(world, change)).toMatchObject({ state: 'ready', keySpec: 'RSA_2048' });
  });
});

describe('what a key pair is made from', () => {
  it('is the password, where the lock is one: without it nothing is made', async () => {
    const enrollment = await request(world, { idempotencyKey: 'no-password' });
    const error = await thrownBy(() => makeKeyPair(world.dependencies, enrollment));
    expect(error).toMatchObject({ code: 'invalid-input', details: { field: 'password' } });
    expect(await current(world, enrollment)).toMatchObject({ state: 'awaiting-subscriber', backups: [] });
    expect(await documentsOf(enrollment)).toEqual([]);
  });

  it('is the custody that the enrollment was taken for', async () => {
    const enrollment = await request(world, { idempotencyKey: 'custody' });
    const keys = { ...world.dependencies.keys, custody: 'pkcs11' as const };
    const error = await thrownBy(() => makeKeyPair({ ...world.dependencies, keys }, enrollment, password()));
    expect(error.code).toBe('provider-misconfigured');
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('is never a lock that keeps nothing out, where a key leaves custody', async () => {
    const enrollment = await request(world, { idempotencyKey: 'no-lock', lock: 'held' });
    const odd: Enrollment = { ...enrollment, id: 'enr_odd', lock: 'resident' };
    await world.dependencies.registry.create(odd);
    expect((await thrownBy(() => makeKeyPair(world.dependencies, odd))).code).toBe('internal');
    expect(await documentsOf(odd)).toEqual([]);
  });
});

describe('a locked record', () => {
  it('that is not stored as it was locked makes no key: the subscriber would have nothing', async () => {
    const enrollment = await request(world, { idempotencyKey: 'locked badly', purpose: 'identity' });
    const { documents } = world.dependencies;
    const altered: DocumentStore = {
      put: documents.put.bind(documents),
      discard: documents.discard.bind(documents),
      get: async (name) => {
        const bytes = await documents.get(name);
        return name.kind === 'locked-key' ? bytes.map((byte, at) => (at === 200 ? byte ^ 1 : byte)) : bytes;
      },
    };
    const make = () => makeKeyPair({ ...world.dependencies, documents: altered }, enrollment, password());
    expect((await thrownBy(make)).code).toBe('proof-failed');
    expect(await current(world, enrollment)).toMatchObject({ state: 'awaiting-subscriber' });
    expect(await documentsOf(enrollment)).toEqual([]);
  });
});

describe('a record that crosses a floor, whoever wrote it', () => {
  it.each([
    [
      'an identity key that is escrowed',
      { purpose: 'identity', lock: 'held', escrow: 'required' },
      ['floor-identity-never-escrowed', 'floor-identity-never-held'],
    ],
    [
      'an identity key without a lock',
      { purpose: 'identity', lock: 'held', escrow: 'forbidden' },
      ['floor-identity-never-held'],
    ],
    [
      'a key that must be escrowed and never leaves',
      { exportable: false, lock: 'resident', escrow: 'required' },
      ['floor-escrowed-before-ready'],
    ],
  ] as const)('never becomes %s', async (what, change, rules) => {
    const taken = await request(world, { idempotencyKey: what, lock: 'held' });
    const odd: Enrollment = { ...taken, id: `${taken.id}-odd`, events: [], ...change };
    await world.dependencies.registry.create(odd);
    const error = await thrownBy(() => makeKeyPair(world.dependencies, odd));
    expect([error.code, error.details.rules]).toEqual(['enrollment-refused', rules]);
    expect(await current(world, odd)).toEqual(odd);
    expect(await documentsOf(odd)).toEqual([]);
    expect(await listedNames(world.dependencies.vault, `${organization}/${odd.id}/`)).toEqual([]);
  });
});

describe('the private key and the password', () => {
  it('are erased from memory once used', async () => {
    const seen: Secret[] = [];
    const { exportableKeys } = world.dependencies.keys;
    if (exportableKeys === undefined) throw new TypeError('no exportable keys');
    const keys = {
      ...world.dependencies.keys,
      exportableKeys: {
        ...exportableKeys,
        generate: async (...values: Parameters<typeof exportableKeys.generate>) => {
          const pair = await exportableKeys.generate(...values);
          seen.push(pair.privateKey);
          return pair;
        },
      },
    };
    const enrollment = await request(world, { idempotencyKey: 'erased', lock: 'held' });
    await makeKeyPair({ ...world.dependencies, keys }, enrollment);
    const failing = await request(world, { idempotencyKey: 'erased-too', lock: 'held' });
    const { dependencies } = withFault({ ...world.dependencies, keys }, 'before', 'vault.put');
    await thrownBy(() => makeKeyPair(dependencies, failing));
    expect(seen.length).toBe(2);
    for (const secret of seen) expect(secret.bytes().every((byte) => byte === 0)).toBe(true);
  });

  it('stand in nothing that is stored in the clear', async () => {
    const { registry } = world.dependencies;
    const { items } = await registry.enrollments({ organization, limit: 1_000 });
    const text = JSON.stringify([items, requestData(), world.dependencies.ledger.entries]);
    expect(text).not.toContain('correct horse');
  });
});
