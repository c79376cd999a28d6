import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import { verifyReceipt } from '#crypto/receipts.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import type { Registry } from '#ports/registry.ts';
import { noBackupMeaning } from '#steps/decide.ts';
import { loadOrganization } from '#steps/load.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';
import {
  current,
  eventNames,
  eventsBorn,
  makeWorld,
  organization,
  request,
  requestData,
  requested,
  type World,
} from '#test/support/world.ts';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

async function recipientKey(): Promise<Record<string, unknown>> {
  const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  return { ...(await exportJWK(publicKey)) };
}

async function enrollments(): Promise<Enrollment[]> {
  return (await world.dependencies.registry.enrollments({ organization, limit: 1_000 })).items;
}

/** Nothing stands of a request that was refused. */
async function expectNothingLeft(): Promise<void> {
  expect(await enrollments()).toEqual([]);
  expect(world.dependencies.documents.names()).toEqual([]);
  expect(await eventsBorn(world)).toEqual([]);
}

async function refusalReceipt({ refusal }: Enrollment) {
  const { documents, keys } = world.dependencies;
  const jws = await documents.get({ kind: 'receipt', organization, id: refusal?.receiptId ?? '' });
  return await verifyReceipt(new TextDecoder().decode(jws), { keys: [await keys.receiptKey()] });
}

describe('a good request', () => {
  it('for a key under a password awaits its subscriber', async () => {
    const enrollment = await request(world);
    expect(enrollment).toEqual(await current(world, enrollment));
    expect(enrollment).toMatchObject({
      id: enrollmentIdFrom(organization, 'first'),
      version: 1,
      state: 'awaiting-subscriber',
      custody: 'software',
      exportable: true,
      escrow: 'required',
      lock: 'password',
      tries: { inARow: 0, inLife: 0 },
      backups: [],
      exports: 0,
      policy: { version: '1' },
    });
    expect(enrollment.key).toBeUndefined();
    expect(enrollment.refusal).toBeUndefined();
    expect(await eventNames(world, enrollment)).toEqual(['SubscriberSignInAwaited']);
  });

  it('for a key locked to a recipient is accepted, with the public key alone', async () => {
    const key = await recipientKey();
    const enrollment = await request(world, { recipientKey: { ...key, kid: 'mine', extra: 'dropped' } });
    expect(enrollment).toMatchObject({ state: 'accepted', lock: 'recipient' });
    expect(enrollment.recipientKey).toEqual(key);
    expect(await eventNames(world, enrollment)).toEqual(['EnrollmentAccepted']);
  });

  it('is recorded as done, with the enrollment that it became', async () => {
    const { id, policy } = await request(world);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'request-enrollment',
      organization,
      principal: eventSource(organization),
      requestId: 'event-1',
      enrollmentId: id,
      outcome: 'done',
      policy,
    });
  });

  it('bears events that carry references and nothing of the subscriber', async () => {
    await request(world);
    const text = JSON.stringify(await eventsBorn(world));
    for (const personal of ['Ada', "O'Brien", 'ada@acme.example']) expect(text).not.toContain(personal);
    expect(JSON.stringify(world.dependencies.ledger.entries)).not.toContain('ada@acme.example');
  });
});

describe('a request that comes again', () => {
  it('changes nothing, even when its key is long made', async () => {
    const first = await request(world);
    const again = await request(world);
    expect(again).toEqual(first);
    expect((await eventsBorn(world)).length).toBe(1);
    expect((await enrollments()).length).toBe(1);
  });

  it('is the same whatever the order of its members and the spelling of its text', async () => {
    const first = await request(world);
    const { subscriber, ...rest } = requestData();
    const reordered = { ...requested(), data: { subscriber, ...rest } };
    expect(await requestEnrollment(world.dependencies, reordered)).toEqual(first);
    const spaced = { id: 'ada', givenName: ' Ada', familyName: "O'Brien ", email: 'ada@acme.example' };
    expect(await request(world, { subscriber: spaced })).toEqual(first);
  });

  it.each([
    ['purpose', { purpose: 'identity' }],
    ['keySpec', { keySpec: 'RSA_2048' }],
    ['assurance', { assurance: 'medium-token' }],
    ['lock', { lock: 'password' }],
    [
      'subscriber',
      { subscriber: { id: 'bob', givenName: 'Bob', familyName: 'Li', email: 'bob@acme.example' } },
    ],
  ])('with another %s under the same idempotency key is refused', async (_field, change) => {
    const first = await request(world);
    await expectRefused(world, 'idempotency-mismatch', () => request(world, change));
    expect(await enrollments()).toEqual([first]);
  });

  it('at the same moment becomes one enrollment', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => request(world)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await enrollments()).length).toBe(1);
    expect((await eventsBorn(world)).length).toBe(1);
  });

  it('at the same moment with other content becomes one, and the other is refused', async () => {
    const results = await Promise.allSettled([request(world), request(world, { purpose: 'identity' })]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await enrollments()).length).toBe(1);
  });

  it('after a lost answer finds the enrollment that stands', async () => {
    const { registry } = world.dependencies;
    let lost = false;
    const silent = withChanged<Registry>(registry, {
      create: async (record) => {
        await registry.create(record);
        if (!lost) {
          lost = true;
          await registry.create(record);
        }
      },
    });
    const made = await requestEnrollment({ ...world.dependencies, registry: silent }, requested());
    expect(made).toEqual((await enrollments())[0]);
  });
});

describe('a bad request', () => {
  it.each([
    ['invalid-input', 'purpose', { purpose: undefined }],
    ['invalid-input', 'purpose', { purpose: 'signing' }],
    ['invalid-input', 'surname', { surname: 'x' }],
    ['invalid-input', 'idempotencyKey', { idempotencyKey: 'x'.repeat(129) }],
    ['invalid-input', 'organization', { organization: 5 }],
    ['invalid-input', 'keySpec', { keySpec: 'ED25519' }],
    ['key-spec-below-floor', 'keySpec', { keySpec: 'RSA_1024' }],
    ['recipient-key-invalid', 'recipientKey', { lock: 'recipient' }],
    ['recipient-key-invalid', 'recipientKey', { recipientKey: {} }],
    ['recipient-key-invalid', 'recipientKey', { recipientKey: [1] }],
    ['recipient-key-invalid', 'recipientKey', { recipientKey: { kty: 'oct', k: 'c2VjcmV0' } }],
    [
      'recipient-key-invalid',
      'recipientKey',
      { recipientKey: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } },
    ],
  ] as [ErrorCode, string, Record<string, unknown>][])(
    'is refused with %s at %s, is recorded, and leaves nothing: %j',
    async (code, field, change) => {
      const error = await expectRefused(world, code, () => request(world, change), {
        action: 'request-enrollment',
        organization,
        requestId: 'event-1',
        about: [field],
      });
      expect(error.details.field).toBe(field);
      await expectNothingLeft();
    },
  );

  it.each(['identity', 'encryption'] as const)(
    'for an %s key that names the recovery key as its recipient is refused: that would be an escrow unasked',
    async (purpose) => {
      const { recoveryKey } = await loadOrganization(world.dependencies, organization);
      const error = await expectRefused(
        world,
        'recipient-key-invalid',
        () => request(world, { purpose, recipientKey: { ...recoveryKey, kid: 'another name' } }),
        { about: ['recipientKey'] },
      );
      expect(error.message).toContain('recovery key');
      await expectNothingLeft();
    },
  );

  it('to a service over another custody than the organization chose is refused, and leaves nothing', async () => {
    const keys = { ...world.dependencies.keys, custody: 'kms' as const };
    const act = () => requestEnrollment({ ...world.dependencies, keys }, requested());
    await expectRefused(world, 'provider-misconfigured', act);
    await expectNothingLeft();
  });

  it('that names a recipient key and another lock is refused: the key would be ignored', async () => {
    for (const lock of ['password', 'held']) {
      const change = { lock, recipientKey: await recipientKey() };
      const error = await expectRefused(world, 'invalid-input', () => request(world, change), {
        about: ['lock'],
      });
      expect(error.next).toContain('recipient');
      await expectNothingLeft();
    }
  });

  it('for another organization than the sender is of is not found, there or here', async () => {
    const act = () => request(world, { organization: 'other' });
    await expectRefused(world, 'not-found', act, { organization });
    await expectNothingLeft();
  });

  it.each(['/organizations/nobody', '/organizations/', 'acme', ''])(
    'from "%s", which is no organization here, is not found, and its record names none',
    async (source) => {
      const event = requested({ organization: 'nobody' }, source);
      await expectRefused(world, 'not-found', () => requestEnrollment(world.dependencies, event), {
        organization: '',
        principal: source,
      });
      await expectNothingLeft();
    },
  );

  it('from an unknown organization is told of its faults only, never whether others are here', async () => {
    const event = requested({ organization }, '/organizations/nobody');
    await expectRefused(world, 'not-found', () => requestEnrollment(world.dependencies, event));
    await expectNothingLeft();
  });

  it('has none of its values repeated in what is told or recorded', async () => {
    const marked = { purpose: 'MARKED', keySpec: 'MARKED', subscriber: { id: 'MARKED ', email: 'MARKED' } };
    const { code, message, next, details } = await thrownBy(() => request(world, marked));
    expect(code).toBe('invalid-input');
    const said = [message, next, details.issues, world.dependencies.ledger.entries.at(-1)];
    expect(JSON.stringify(said)).not.toContain('MARKED');
  });
});

describe('a request that policy refuses', () => {
  const hardware = { purpose: 'identity', lock: 'held' };

  it('is kept as refused, with why and whom to ask', async () => {
    const enrollment = await request(world, hardware);
    expect(enrollment).toMatchObject({ state: 'refused', backups: [] });
    expect(enrollment.refusal).toMatchObject({
      code: 'enrollment-refused',
      contact: 'helpdesk@acme.example',
      rules: ['held-not-allowed'],
    });
    expect(await eventNames(world, enrollment)).toEqual(['EnrollmentRefused']);
    expect(enrollment.events[0]?.data).toEqual({ enrollmentId: enrollment.id, code: 'enrollment-refused' });
  });

  it('is recorded as refused, by its code and rules, each time that it comes', async () => {
    const { id } = await request(world, hardware);
    await request(world, hardware);
    const record = {
      action: 'request-enrollment',
      outcome: 'refused',
      code: 'enrollment-refused',
      about: ['held-not-allowed'],
      enrollmentId: id,
    };
    expect(world.dependencies.ledger.entries.slice(-2)).toEqual([
      expect.objectContaining(record),
      expect.objectContaining(record),
    ]);
  });

  it('has a signed refusal', async () => {
    const enrollment = await request(world, hardware);
    expect(await refusalReceipt(enrollment)).toEqual({
      receipt: 'refusal',
      jti: expect.any(String),
      iat: Math.floor(world.dependencies.clock.now().getTime() / 1000),
      organization,
      enrollmentId: enrollment.id,
      label: 'caUserCert_keyPair',
      purpose: 'identity',
      keySpec: 'ECC_NIST_P256',
      action: 'Enroll',
      code: 'enrollment-refused',
      reason: enrollment.refusal?.reason,
      contact: 'helpdesk@acme.example',
      policy: { version: '1', rules: ['held-not-allowed'] },
      build: 'test build',
    });
  });

  it('because it must be escrowed and cannot be, is refused at once', async () => {
    const strict = await makeWorld({
      exportable: {
        identity: { medium: true, 'medium-token': true, 'medium-hardware': false },
        encryption: { medium: false, 'medium-token': false, 'medium-hardware': false },
      },
    });
    const enrollment = await request(strict);
    expect(enrollment).toMatchObject({ state: 'refused', refusal: { code: 'escrow-impossible' } });
    expect(enrollment.key).toBeUndefined();
    await strict.close();
  });
});

describe('a request whose key will never leave', () => {
  it('is taken, and says at once that no backup can be made', async () => {
    const enrollment = await request(world, { purpose: 'identity', assurance: 'medium-hardware' });
    expect(enrollment).toMatchObject({ state: 'accepted', exportable: false, lock: 'resident' });
    expect(enrollment.refusal).toMatchObject({ code: 'export-refused', contact: 'helpdesk@acme.example' });
    expect(enrollment.refusal?.reason).toContain(noBackupMeaning);
    expect(await refusalReceipt(enrollment)).toMatchObject({
      action: 'Export',
      code: 'export-refused',
      reason: enrollment.refusal?.reason,
    });
    expect(world.dependencies.ledger.entries.at(-1)).toMatchObject({ outcome: 'done' });
  });
});
