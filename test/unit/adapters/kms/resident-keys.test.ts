import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { keySpecOf, verifySignature } from '#crypto/public-key.ts';
import { refusal } from '../aws/refusal.ts';
import { context, livingKeys, openedKms } from './opened-kms.ts';

const message = Buffer.from('a certification request');
const spec = 'ECC_NIST_P256';
const day = 86_400_000;
const unseen = { kind: 'refuse', type: 'NotFoundException' } as const;
const own = ['Custody of', 'Receipts of', 'The MAC in'];

describe('a resident key', () => {
  it('has an alias by its name, and tags and a description that say what it is', async () => {
    const { resident, double } = await openedKms({ aliasPrefix: 'escrow/live', tags: { team: 'pki' } });
    await resident.generate('enr-1.att-2', spec, context);
    const key = double.account.find('alias/escrow/live/resident/enr-1/att-2');
    expect(key.description).toBe('caUserCert_keyPair enr-1.att-2');
    expect(key.usage).toBe('SIGN_VERIFY');
    expect(key.tags).toEqual({
      team: 'pki',
      'enrollment-key-escrow:prefix': 'escrow/live',
      'enrollment-key-escrow:name': 'enr-1.att-2',
      'enrollment-key-escrow:organization': 'acme',
      'enrollment-key-escrow:enrollment': 'enr-1',
      'enrollment-key-escrow:purpose': 'identity',
    });
  });

  it('is not made for encryption unless that is wanted: it could not decrypt', async () => {
    const encryption = { ...context, purpose: 'encryption' } as const;
    const careful = await openedKms();
    const { privateKey } = await makeKeyPair(spec);
    const calls = [
      careful.resident.generate('en', spec, encryption),
      careful.importable.importKey('en', spec, privateKey, encryption),
    ];
    for (const error of await Promise.all(calls.map(refusal))) {
      expect(error.code).toBe('provider-incapable');
      expect(error.next).toContain('exportable');
    }
    expect(careful.operations()).toEqual([]);
    const bold = await openedKms({ signOnlyEncryptionKeys: true });
    expect(keySpecOf(await bold.resident.generate('en', spec, encryption))).toBe(spec);
  });

  it('is scheduled for deletion in the window that is set, and its name is free at once', async () => {
    const { resident, double } = await openedKms({ deletionWindowDays: 7 });
    await resident.generate('gone', spec, context);
    const { arn } = double.account.find('alias/escrow/resident/gone');
    const before = Date.now();
    await resident.discard('gone');
    const key = double.account.find(arn);
    expect(key.state).toBe('PendingDeletion');
    expect(key.deletion).toBeGreaterThanOrEqual(before + 7 * day);
    expect(key.deletion).toBeLessThan(Date.now() + 8 * day);
    await resident.generate('gone', spec, context);
  });

  it('goes to one of two processes, and leaves nothing of the other', async () => {
    const { resident, another, double } = await openedKms();
    const other = (await another()).residentKeys;
    // Both find the name free.
    double.faults.plan('DescribeKey', { kind: 'refuse', type: 'NotFoundException' }, 2);
    const results = await Promise.allSettled([
      resident.generate('raced', spec, context),
      other?.generate('raced', spec, context),
    ]);
    const [lost] = results.filter((each) => each.status === 'rejected');
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(lost?.reason).toMatchObject({ code: 'already-exists' });
    const named = livingKeys(double).filter((description) => description.endsWith('raced'));
    expect(named).toHaveLength(1);
    expect(double.account.keys()).toHaveLength(5);
  });

  it('costs no key where the name is taken', async () => {
    const { resident, operations } = await openedKms();
    await resident.generate('taken', spec, context);
    operations();
    expect((await refusal(resident.generate('taken', spec, context))).code).toBe('already-exists');
    expect(operations()).toEqual(['DescribeKey']);
  });

  it('is its own although the answer that it has the name was lost', async () => {
    const { resident, double, operations } = await openedKms();
    double.faults.plan('CreateAlias', { kind: 'lose-answer' }, 1);
    const publicKey = await resident.generate('mine', spec, context);
    const signature = await resident.sign('mine', 'ECDSA_SHA256', message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    expect(operations().filter((each) => each === 'CreateKey')).toHaveLength(1);
  });

  it('is asked for once where the answer to its making was lost, and found by the sweep', async () => {
    const { resident, double, provider, operations } = await openedKms();
    double.faults.plan('CreateKey', { kind: 'lose-answer' }, 1);
    expect((await refusal(resident.generate('lost', spec, context))).code).toBe('provider-unavailable');
    expect(operations().filter((each) => each === 'CreateKey')).toHaveLength(1);
    // The caller may try again: the name is free.
    await resident.generate('lost', spec, context);
    expect(livingKeys(double)).toHaveLength(5);
    expect(await provider.sweep(new Date(Date.now() - 1_000))).toBe(0);
    expect(await provider.sweep(new Date(Date.now() + 1_000))).toBe(1);
    expect(livingKeys(double)).toHaveLength(4);
    await resident.sign('lost', 'ECDSA_SHA256', message);
    expect(await provider.sweep(new Date(Date.now() + 1_000))).toBe(0);
  });

  it.each(['GetPublicKey', 'CreateAlias'])('leaves nothing where %s is refused', async (operation) => {
    const { resident, double } = await openedKms();
    double.faults.plan(operation, { kind: 'refuse', type: 'AccessDeniedException' });
    expect((await refusal(resident.generate('no', spec, context))).code).toBe('provider-access-denied');
    expect(livingKeys(double).filter((each) => !own.some((words) => each.startsWith(words)))).toEqual([]);
    expect((await refusal(resident.sign('no', 'ECDSA_SHA256', message))).code).toBe('key-not-found');
  });

  it('keeps no name where every answer about it was lost', async () => {
    const { resident, double } = await openedKms();
    double.faults.plan('CreateAlias', { kind: 'lose-answer' }, 1);
    double.faults.plan('CreateAlias', { kind: 'refuse', type: 'AccessDeniedException' });
    expect((await refusal(resident.generate('half', spec, context))).code).toBe('provider-access-denied');
    expect(double.account.aliases().map(([alias]) => alias)).not.toContain('alias/escrow/resident/half');
    expect(livingKeys(double)).toHaveLength(3);
  });

  it('is left to the sweep where nothing can be taken back', async () => {
    const { resident, double, provider } = await openedKms();
    for (const operation of ['CreateAlias', 'ScheduleKeyDeletion']) {
      double.faults.plan(operation, { kind: 'refuse', type: 'KMSInternalException', status: 500 });
    }
    expect((await refusal(resident.generate('left', spec, context))).code).toBe('provider-unavailable');
    expect(livingKeys(double)).toHaveLength(4);
    double.faults.clear();
    expect(await provider.sweep(new Date(Date.now() + 1_000))).toBe(1);
  });

  it('is discarded although the answers were lost, or another was faster', async () => {
    const { resident, another, double } = await openedKms();
    const other = (await another()).residentKeys;
    await resident.generate('gone', spec, context);
    for (const operation of ['ScheduleKeyDeletion', 'DeleteAlias']) {
      double.faults.plan(operation, { kind: 'lose-answer' }, 1);
    }
    await Promise.all([resident.discard('gone'), other?.discard('gone')]);
    expect(livingKeys(double)).toHaveLength(3);
    expect(double.account.aliases()).toHaveLength(3);
  });

  it('is signed with although AWS KMS does not know it everywhere yet', async () => {
    const { resident, another, double } = await openedKms();
    await resident.generate('new', spec, context);
    double.faults.plan('Sign', unseen, 3);
    await resident.sign('new', 'ECDSA_SHA256', message);
    // To a process that did not make it, a key that is not there is not there.
    double.faults.plan('Sign', unseen, 1);
    const other = (await another()).residentKeys;
    expect(other).toBeDefined();
    if (other !== undefined) {
      expect((await refusal(other.sign('new', 'ECDSA_SHA256', message))).code).toBe('key-not-found');
    }
  });

  it('is discarded by its maker although AWS KMS does not know its name everywhere yet', async () => {
    const { resident, double } = await openedKms();
    await resident.generate('brief', spec, context);
    double.faults.plan('DescribeKey', unseen, 2);
    await resident.discard('brief');
    expect(livingKeys(double)).toHaveLength(3);
    expect(double.account.aliases()).toHaveLength(3);
  });

  it('has its name although the answer was lost and AWS KMS does not know it everywhere yet', async () => {
    const { resident, double } = await openedKms();
    double.faults.plan('CreateAlias', { kind: 'lose-answer' }, 1);
    // The first is asked whether the name is free.
    double.faults.plan('DescribeKey', unseen, 3);
    await resident.generate('mine', spec, context);
    expect(livingKeys(double)).toHaveLength(4);
  });

  it('is taken back although AWS KMS does not know it everywhere yet', async () => {
    const { resident, double } = await openedKms();
    double.faults.plan('GetPublicKey', { kind: 'refuse', type: 'AccessDeniedException' });
    double.faults.plan('ScheduleKeyDeletion', unseen, 2);
    expect((await refusal(resident.generate('no', spec, context))).code).toBe('provider-access-denied');
    expect(livingKeys(double)).toHaveLength(3);
  });

  it('that somebody destroys is not waited for, however new it is', async () => {
    const { resident, double, waiting } = await openedKms();
    await resident.generate('doomed', spec, context);
    double.account.find('alias/escrow/resident/doomed').state = 'PendingDeletion';
    const error = await refusal(resident.sign('doomed', 'ECDSA_SHA256', message));
    expect(error.code).toBe('key-pending-deletion');
    expect(waiting.slept).toEqual([]);
  });

  it('that its caller gave up while it was made is undone before close returns', async () => {
    const { resident, provider, double } = await openedKms();
    const controller = new AbortController();
    const outcome = refusal(resident.generate('left', 'RSA_2048', context, controller));
    while (!double.log.some(({ operation }) => operation === 'CreateKey')) await setImmediate();
    controller.abort();
    expect((await outcome).code).toBe('operation-cancelled');
    await provider.close();
    expect(double.account.keys()).toHaveLength(4);
    expect(livingKeys(double)).toHaveLength(3);
    expect(double.account.aliases()).toHaveLength(3);
  });
});

describe('two who work on one name', () => {
  it('come one after another: what is undone is what the first made', async () => {
    const { resident, provider, double } = await openedKms();
    const controller = new AbortController();
    const outcome = refusal(resident.generate('same', spec, context, controller));
    while (!double.log.some(({ operation }) => operation === 'CreateAlias')) await setImmediate();
    controller.abort();
    expect((await outcome).code).toBe('operation-cancelled');
    const publicKey = await resident.generate('same', spec, context);
    const signature = await resident.sign('same', 'ECDSA_SHA256', message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    await provider.close();
    expect(livingKeys(double)).toHaveLength(4);
  });

  it('come one after another: what is discarded is what is being made', async () => {
    const { resident, double } = await openedKms();
    const made = resident.generate('brief', spec, context);
    await resident.discard('brief');
    await made;
    expect(livingKeys(double)).toHaveLength(3);
    expect(double.account.aliases()).toHaveLength(3);
  });
});

describe('an imported key', () => {
  it('travels wrapped, as no key material that anybody else has', async () => {
    const { importable, double, operations } = await openedKms();
    const { publicKey, privateKey } = await makeKeyPair(spec);
    expect(Buffer.from(await importable.importKey('back', spec, privateKey, context)).equals(publicKey)).toBe(
      true,
    );
    expect(double.account.find('alias/escrow/resident/back').origin).toBe('EXTERNAL');
    expect(operations()).toEqual([
      'DescribeKey',
      'CreateKey',
      'GetParametersForImport',
      'ImportKeyMaterial',
      'Sign',
      'CreateAlias',
    ]);
  });

  it('is brought in although an answer was lost and the key is not known everywhere yet', async () => {
    const { importable, resident, double } = await openedKms();
    const { publicKey, privateKey } = await makeKeyPair(spec);
    double.faults.plan('GetParametersForImport', unseen, 1);
    double.faults.throttle('GetParametersForImport', 2);
    double.faults.plan('ImportKeyMaterial', unseen, 1);
    double.faults.plan('ImportKeyMaterial', { kind: 'lose-answer' }, 1);
    const pending = {
      kind: 'refuse',
      type: 'KMSInvalidStateException',
      message: 'x is pending import.',
    } as const;
    double.faults.plan('Sign', pending, 1);
    await importable.importKey('back', spec, privateKey, context);
    const signature = await resident.sign('back', 'ECDSA_SHA256', message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
  });

  it.each([
    ['InvalidCiphertextException', 'provider-incapable'],
    ['IncorrectKeyMaterialException', 'provider-incapable'],
    ['UnsupportedOperationException', 'provider-incapable'],
  ])('that AWS KMS refuses by %s is no damaged record, and leaves nothing', async (type, code) => {
    const { importable, double } = await openedKms();
    const { privateKey } = await makeKeyPair(spec);
    double.faults.plan('ImportKeyMaterial', { kind: 'refuse', type });
    expect((await refusal(importable.importKey('no', spec, privateKey, context))).code).toBe(code);
    expect(livingKeys(double)).toHaveLength(3);
  });

  it('that does not sign as it should is not kept', async () => {
    const { importable, double } = await openedKms();
    const { privateKey } = await makeKeyPair(spec);
    const another = (await makeKeyPair(spec)).privateKey;
    // Time enough for the swap, before the proof.
    double.faults.plan('Sign', { kind: 'refuse', type: 'NotFoundException' }, 8);
    const swap = setInterval(() => {
      const key = double.account.keys().find(({ origin }) => origin === 'EXTERNAL');
      if (key?.material !== undefined) key.material = Buffer.from(another.bytes()).toString('base64');
    }, 0);
    const error = await refusal(importable.importKey('no', spec, privateKey, context));
    clearInterval(swap);
    expect(error.code).toBe('provider-unavailable');
    expect(error.message).toContain('does not sign');
    expect(livingKeys(double)).toHaveLength(3);
  });

  it('is no private key, and costs no call', async () => {
    const { importable, operations } = await openedKms();
    const { privateKey } = await makeKeyPair('ECC_NIST_P384');
    expect((await refusal(importable.importKey('no', spec, privateKey, context))).code).toBe('invalid-input');
    expect(operations()).toEqual([]);
  });
});
