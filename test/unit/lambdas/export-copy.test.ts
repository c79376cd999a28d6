import { createPublicKey, type JsonWebKey, sign, verify } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '#crypto/identifiers.ts';
import { openAsRecipient } from '#crypto/locks.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { verifyReceipt } from '#crypto/receipts.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { StoreError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { type ExportRequest, exportCopy, type SubscriberCopy } from '#lambdas/export-copy/export-copy.ts';
import type { DocumentName } from '#ports/document-store.ts';
import { noBackupMeaning } from '#steps/decide.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';
import { withFault } from '#test/support/faults.ts';
import { listedNames } from '#test/support/listed.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import {
  current,
  eventNames,
  makeWorld,
  organization,
  password,
  ready,
  request,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

const filePassword = () => Secret.fromText('another horse battery');
let world: World;
let enrollment: Enrollment;
let copy: SubscriberCopy;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
  enrollment = await ready(world);
  copy = await take(enrollment);
});
afterAll(() => world.close());

function exporting({ id }: Enrollment, change: Partial<ExportRequest> = {}): ExportRequest {
  return {
    enrollmentId: id,
    unlocking: { password: password() },
    pfxPassword: filePassword(),
    requestId: 'export-1',
    ...change,
  };
}

function take(
  of: Enrollment,
  change: Partial<ExportRequest> = {},
  { principal = subscriber(of.subscriber.id), dependencies = world.dependencies } = {},
): Promise<SubscriberCopy> {
  return exportCopy(dependencies, principal, exporting(of, change));
}

async function receiptOf({ receipt }: SubscriberCopy) {
  return await verifyReceipt(receipt, { keys: [await world.dependencies.keys.receiptKey()] });
}

/** The private key of a file signs, and the public key of its certificate verifies: the one in the CSR. */
async function expectKeyOf(pfx: Uint8Array, secret: Secret, of: Enrollment): Promise<void> {
  const { key } = of;
  const { privateKey, certificates } = await readPfx(pfx, secret);
  const message = Buffer.from('message');
  const pkcs8 = { key: Buffer.from(privateKey.bytes()), format: 'der', type: 'pkcs8' } as const;
  const signature = sign('sha256', message, pkcs8);
  const { documents } = world.dependencies;
  const placeholder = await placeholderOf(of);
  expect(certificates).toEqual([placeholder]);
  const spki = publicKeyOf(placeholder);
  expect(sha256Hex(spki)).toBe(key?.spkiSha256);
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  expect(verify('sha256', message, publicKey, signature)).toBe(true);
  const csr = await documents.get({ kind: 'csr', organization, id: key?.csrId ?? '' });
  expect(Buffer.from(csr).includes(Buffer.from(spki))).toBe(true);
}

async function placeholderOf({ key }: Enrollment): Promise<Uint8Array> {
  const { documents } = world.dependencies;
  return await documents.get({ kind: 'placeholder', organization, id: key?.placeholderId ?? '' });
}

function publicKeyOf(certificate: Uint8Array): Uint8Array {
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString('base64')}\n-----END CERTIFICATE-----`;
  return new Uint8Array(createPublicKey(pem).export({ type: 'spki', format: 'der' }));
}

describe('a copy', () => {
  it('opens with the password of the file, holds the key of the CSR, and nothing but the placeholder', async () => {
    await expectKeyOf(copy.pfx, filePassword(), enrollment);
  });

  it('does not open with the enrollment password, where the file has another', async () => {
    const error = await thrownBy(() => readPfx(copy.pfx, password()));
    expect(error.code).toBe('pfx-wrong-password-or-damaged');
  });

  it('has the iterations of a human password, each of the three', async () => {
    const { iterations, friendlyName } = await readPfx(copy.pfx, filePassword());
    expect(iterations).toEqual({ mac: 250_000, key: 250_000, certificates: 250_000 });
    expect(friendlyName).toMatch(/^caEncryption_keyPair [a-z2-7]{8}$/);
  });

  it('is named by the convention', () => {
    expect(copy.fileName).toBe('obrien_Enroll_EN.pfx');
  });

  it('has a receipt that says what was proved, and of what', async () => {
    expect(await receiptOf(copy)).toEqual({
      receipt: 'backup',
      jti: expect.stringMatching(/^rcp_/),
      iat: Math.floor(world.dependencies.clock.now().getTime() / 1000),
      organization,
      enrollmentId: enrollment.id,
      backupId: copy.exportId,
      label: 'caEncryption_keyPair',
      purpose: 'encryption',
      keySpec: 'ECC_NIST_P256',
      csrSha256: enrollment.key?.csrSha256,
      spkiSha256: enrollment.key?.spkiSha256,
      pfxSha256: sha256Hex(copy.pfx),
      profile: 'modern',
      ledgerEntry: expect.stringMatching(/^led_/),
      objectVersion: null,
      retainUntil: null,
      recoveryKey: null,
      confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: true, fileRestores: true },
      provedBy: expect.arrayContaining([expect.stringMatching(/^OpenSSL 3/), 'TLSv1.3 handshake']),
      policy: enrollment.policy,
      build: 'test build',
    });
  });

  it('is recorded, counted, told of, and stored nowhere', async () => {
    expect(await current(world, enrollment)).toMatchObject({ exports: 1, tries: { inARow: 0, inLife: 0 } });
    const { ledger, vault, documents } = world.dependencies;
    expect(ledger.entries).toContainEqual({
      action: 'export-copy',
      organization,
      principal: 'ada',
      enrollmentId: enrollment.id,
      requestId: 'export-1',
      profile: 'modern',
      outcome: 'done',
      policy: {
        version: enrollment.policy.version,
        rules: expect.arrayContaining(['password-by-subscriber']),
      },
      receiptId: copy.receiptId,
    });
    expect(await eventNames(world, enrollment)).toContain('SubscriberCopyExported');
    expect((await listedNames(vault, `${organization}/${enrollment.id}/`)).length).toBe(1);
    const names = documents.names().filter(({ kind }) => kind === 'receipt');
    expect(names.map(({ id }) => id)).toContain(copy.receiptId);
  });

  it('is not made where its record cannot be made: no receipt, no event, no count', async () => {
    const before = await current(world, enrollment);
    const { documents } = world.dependencies;
    const names = documents.names();
    const ledger = { record: () => Promise.reject(new StoreError('store-unavailable')) };
    const request = exporting(enrollment, { requestId: 'export-unrecorded' });
    const act = () => exportCopy({ ...world.dependencies, ledger }, subscriber(), request);
    expect((await thrownBy(act)).code).toBe('store-unavailable');
    const { exports, events } = await current(world, enrollment);
    expect({ exports, events }).toEqual({ exports: before.exports, events: [] });
    expect(documents.names()).toEqual(names);
  });

  it('may have the enrollment password', async () => {
    const same = await take(enrollment, { pfxPassword: 'same' });
    await expectKeyOf(same.pfx, password(), enrollment);
    expect(same.generatedPassword).toBeUndefined();
  });

  it('may have a password that is generated for it, another each time, and told once', async () => {
    const [one, other] = [
      await take(enrollment, { pfxPassword: 'generated' }),
      await take(enrollment, { pfxPassword: 'generated' }),
    ];
    if (one.generatedPassword === undefined || other.generatedPassword === undefined)
      throw new TypeError('no password');
    await expectKeyOf(one.pfx, one.generatedPassword, enrollment);
    await expectKeyOf(other.pfx, other.generatedPassword, enrollment);
    expect(one.generatedPassword.text()).not.toBe(other.generatedPassword.text());
    expect(JSON.stringify(world.dependencies.ledger.entries)).not.toContain(one.generatedPassword.text());
  });

  it('of an identity key is one too', async () => {
    const identity = await ready(world, { idempotencyKey: 'identity', purpose: 'identity' });
    const { pfx, fileName } = await take(identity);
    expect(fileName).toBe('obrien_Enroll_ID.pfx');
    await expectKeyOf(pfx, filePassword(), identity);
  });

  it('of a held key says that no password was agreed on', async () => {
    const held = await ready(world, { idempotencyKey: 'held', lock: 'held' });
    const made = await take(held, { unlocking: { held: true } });
    expect(await receiptOf(made)).toMatchObject({ confirms: { passwordSet: true, passwordAgreed: false } });
    await expectKeyOf(made.pfx, filePassword(), held);
  });
});

describe('a copy asked for again', () => {
  it('under the same idempotency key is the same export: a new file and receipt', async () => {
    const change = { idempotencyKey: 'once' };
    const [first, second] = [await take(enrollment, change), await take(enrollment, change)];
    expect(second.exportId).toBe(first.exportId);
    expect(sha256Hex(second.pfx)).not.toBe(sha256Hex(first.pfx));
    expect(second.receiptId).not.toBe(first.receiptId);
    expect(await receiptOf(second)).toMatchObject({
      backupId: first.exportId,
      pfxSha256: sha256Hex(second.pfx),
    });
  });

  it('under the same idempotency key has its password checked again', async () => {
    const again = { idempotencyKey: 'once', unlocking: { password: wrongPassword() } };
    await expectRefused(world, 'wrong-password', () => take(enrollment, again));
  });

  it('under another key, or none, is another export', async () => {
    const copies = [await take(enrollment, { idempotencyKey: 'two' }), await take(enrollment)];
    expect(new Set([copy, ...copies].map(({ exportId }) => exportId)).size).toBe(3);
  });
});

describe('the recipient of a lock', () => {
  let locked: Enrollment;
  let privateKey: JWK;
  beforeAll(async () => {
    const pair = await generateKeyPair('RSA-OAEP-256', { modulusLength: 2048, extractable: true });
    privateKey = await exportJWK(pair.privateKey);
    const recipientKey: JsonWebKey = { ...(await exportJWK(pair.publicKey)) };
    locked = await ready(world, { idempotencyKey: 'recipient', recipientKey });
  });

  async function wrappedKey(): Promise<Uint8Array> {
    const { documents } = world.dependencies;
    const id = locked.key?.lockedKeyId ?? '';
    const record = await documents.get({ kind: 'locked-key', organization, id });
    return await openAsRecipient({
      locked: record,
      privateKey,
      context: { organization, enrollmentId: locked.id },
    });
  }

  it('takes a copy with the wrapped key that only the private key could take out', async () => {
    const made = await take(locked, { unlocking: { wrappedKey: await wrappedKey() } });
    await expectKeyOf(made.pfx, filePassword(), locked);
    expect(await receiptOf(made)).toMatchObject({ confirms: { passwordAgreed: false } });
  });

  it.each([
    ['garbage', () => new Uint8Array(80).fill(1)],
    ['nothing', () => new Uint8Array()],
  ])('gets none for %s', async (_what, presented) => {
    const act = () => take(locked, { unlocking: { wrappedKey: presented() } });
    await expectRefused(world, 'wrong-unlocking', act);
  });

  it('gets none for the wrapped key of another enrollment', async () => {
    const other = await ready(world, { idempotencyKey: 'other-recipient', lock: 'held' });
    const act = async () => take(other, { unlocking: { wrappedKey: await wrappedKey() } });
    await expectRefused(world, 'wrong-unlocking', act);
  });

  it.each([{ held: true as const }, { password: password() }])(
    'gets none for another way: %j',
    async (unlocking) => {
      await expectRefused(world, 'wrong-unlocking', () => take(locked, { unlocking }));
    },
  );
});

describe('a copy that is refused', () => {
  const record = { action: 'export-copy', principal: 'ada', requestId: 'export-1' };

  it('for a wrong password is counted and recorded', async () => {
    const own = await ready(world, { idempotencyKey: 'wrong', purpose: 'identity' });
    const wrong = { unlocking: { password: wrongPassword() } };
    await expectRefused(world, 'wrong-password', () => take(own, wrong), { ...record, enrollmentId: own.id });
    expect(await current(world, own)).toMatchObject({ tries: { inARow: 1, inLife: 1 }, exports: 0 });
    await take(own);
    expect(await current(world, own)).toMatchObject({ tries: { inARow: 0, inLife: 1 }, exports: 1 });
  });

  it('for a locked enrollment is so until a fresh sign-in', async () => {
    const own = await ready(world, { idempotencyKey: 'locked', purpose: 'identity' });
    const keep = { name: 'set tries', from: ['ready'] } as const;
    const { clock } = world.dependencies;
    const tries = { inARow: 10, inLife: 10, lastTriedAt: clock.now().toISOString() };
    await updateEnrollment(world.dependencies, own, keep, () => ({ tries }));
    await expectRefused(world, 'enrollment-locked', () => take(own), record);
    clock.advance(60_000);
    const principal = subscriber('ada', Math.floor(clock.now().getTime() / 1000));
    await take(own, {}, { principal });
    expect(await current(world, own)).toMatchObject({ tries: { inARow: 0, inLife: 10 } });
  });

  it('under the same password as the lock is refused where that has none', async () => {
    const held = await ready(world, { idempotencyKey: 'held-same', lock: 'held' });
    const act = () => take(held, { unlocking: { held: true }, pfxPassword: 'same' });
    await expectRefused(world, 'invalid-input', act, {
      ...record,
      enrollmentId: held.id,
      about: ['filePassword'],
    });
  });

  it.each([
    ['password-not-ascii', 'pässwörter sind gut', 'password'],
    ['password-too-weak', 'short', 'password-length'],
    ['password-too-weak', '', 'password-length'],
    ['password-too-weak', 'x'.repeat(200), 'password-length'],
  ] as [ErrorCode, string, string][])(
    'for a file password with %s costs no try',
    async (code, text, about) => {
      const before = await current(world, enrollment);
      const act = () => take(enrollment, { pfxPassword: Secret.fromText(text) });
      const error = await expectRefused(world, code, act, { ...record, about: [about] });
      if (text !== '') expect(error.message + error.next).not.toContain(text);
      expect(await current(world, enrollment)).toEqual(before);
    },
  );

  it.each([
    ['another subscriber', subscriber('bob')],
    ['the same name in another organization', { ...subscriber('ada'), organization: 'other' }],
    ['an administrator', { organization, subject: 'ada', roles: ['administrator'] }],
    ['a recovery agent', { organization, subject: 'ada', roles: ['recovery-agent', 'recovery-official'] }],
  ] as const)('to %s is not found, and costs no try', async (_who, principal) => {
    const before = await current(world, enrollment);
    const { organization: of, subject } = principal;
    const act = () => take(enrollment, {}, { principal });
    await expectRefused(world, 'not-found', act, { ...record, organization: of, principal: subject });
    expect(await current(world, enrollment)).toEqual(before);
  });

  it('of an enrollment that is not there is not found', async () => {
    const act = () => take(enrollment, { enrollmentId: 'enr_none' });
    await expectRefused(world, 'not-found', act, { ...record, enrollmentId: 'enr_none' });
  });

  it('before there is a key is in the wrong state', async () => {
    const awaiting = await request(world, { idempotencyKey: 'awaiting' });
    await expectRefused(world, 'wrong-state', () => take(awaiting), record);
    const making = { name: 'make', from: ['awaiting-subscriber'], to: 'making' } as const;
    await updateEnrollment(world.dependencies, awaiting, making, () => ({}));
    await expectRefused(world, 'making-in-progress', () => take(awaiting), record);
  });

  it('of a request that was refused is in the wrong state', async () => {
    const refused = await request(world, { idempotencyKey: 'refused', purpose: 'identity', lock: 'held' });
    await expectRefused(world, 'wrong-state', () => take(refused), record);
  });

  it('by policy says why, what it means, and whom to ask; is told of and recorded', async () => {
    const hardware = { purpose: 'identity', assurance: 'medium-hardware' };
    const resident = await ready(world, { idempotencyKey: 'resident', ...hardware });
    const error = await expectRefused(world, 'export-refused', () => take(resident), {
      ...record,
      enrollmentId: resident.id,
      about: ['not-exportable'],
    });
    expect(error.message).toContain('non-exportable');
    expect(error.message).toContain(noBackupMeaning);
    expect(error.next).toBe('Ask helpdesk@acme.example.');
    expect(error.details.contact).toBe('helpdesk@acme.example');
    expect(await eventNames(world, resident)).toContain('ExportRefused');
    expect((await current(world, resident)).events).toEqual([
      { name: 'ExportRefused', data: { enrollmentId: resident.id, code: 'export-refused' } },
    ]);
    expect((await current(world, resident)).exports).toBe(0);
  });

  it.each([
    ['is no certificate any more', async () => new Uint8Array(9)],
    [
      'is of another enrollment',
      async () => await placeholderOf(await ready(world, { idempotencyKey: 'other' })),
    ],
  ])('where the stored placeholder %s says that a store was changed', async (_how, changed) => {
    const placeholder = await changed();
    const { documents } = world.dependencies;
    const tampered = Object.assign(Object.create(documents), {
      get: (name: DocumentName) => (name.kind === 'placeholder' ? placeholder : documents.get(name)),
    });
    const dependencies = { ...world.dependencies, documents: tampered };
    await expectRefused(world, 'object-damaged', () => take(enrollment, {}, { dependencies }));
    expect(await current(world, enrollment)).toMatchObject({ tries: { inARow: 0 } });
  });

  it('for its profile does not say that there can be no backup', async () => {
    const strict = await makeWorld({ profiles: ['pbmac1'] });
    const made = await ready(strict);
    const act = () => exportCopy(strict.dependencies, subscriber('ada'), exporting(made));
    const error = await expectRefused(strict, 'export-refused', act, { about: ['profile-not-allowed'] });
    expect(error.message).toContain('profile');
    expect(error.message).not.toContain(noBackupMeaning);
    await strict.close();
  });

  it('in another custody than the key lives in needs an operator', async () => {
    const keys = { ...world.dependencies.keys, custody: 'kms' as const };
    const dependencies = { ...world.dependencies, keys };
    await expectRefused(
      world,
      'provider-misconfigured',
      () => take(enrollment, {}, { dependencies }),
      record,
    );
  });
});

describe('a copy that fails on the way', () => {
  it('is not delivered, leaves the key as it was, and takes the right password back', async () => {
    const own = await ready(world, { idempotencyKey: 'failing', purpose: 'identity' });
    const counted = withFault(world.dependencies);
    await take(own, {}, { dependencies: counted.dependencies });
    const opened = counted.calls.indexOf('keys.mac') + 1;
    const before = await current(world, own);
    for (let at = 1; at <= counted.calls.length; at += 1) {
      const { dependencies } = withFault(world.dependencies, 'before', at);
      const error = await thrownBy(() => take(own, {}, { dependencies }));
      expect([at, error.retryable]).toEqual([at, true]);
      const after = await current(world, own);
      expect([at, counted.calls[at - 1], after.tries]).toEqual([
        at,
        counted.calls[at - 1],
        { ...before.tries, ...(at >= opened && { lastTriedAt: after.tries.lastTriedAt }) },
      ]);
      expect(after.exports).toBe(before.exports);
      expect(after.key).toEqual(before.key);
    }
    await take(own);
  });

  it('erases the private key', async () => {
    const seen: Secret[] = [];
    const { exportableKeys } = world.dependencies.keys;
    if (exportableKeys === undefined) throw new TypeError('no exportable keys');
    const unwrap = async (...values: Parameters<typeof exportableKeys.unwrap>) => {
      const privateKey = await exportableKeys.unwrap(...values);
      seen.push(privateKey);
      return privateKey;
    };
    const keys = { ...world.dependencies.keys, exportableKeys: { ...exportableKeys, unwrap } };
    await take(enrollment, {}, { dependencies: { ...world.dependencies, keys } });
    const failing = withFault({ ...world.dependencies, keys }, 'before', 'documents.put').dependencies;
    await thrownBy(() => take(enrollment, {}, { dependencies: failing }));
    expect(seen.length).toBe(2);
    for (const secret of seen) expect(secret.bytes().every((byte) => byte === 0)).toBe(true);
  });
});
