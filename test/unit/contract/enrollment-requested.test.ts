import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnrollmentRequest } from '#contract/enrollment-requested.ts';
import { EscrowError } from '#domain/errors.ts';
import { requestData } from '#test/support/world.ts';

type Change = Record<string, unknown>;

const good = requestData();
const subscriber = { id: 'ada', givenName: 'Ada', familyName: "O'Brien", email: 'ada@acme.example' };
/** Must not be seen in any message. */
const marked = 'MARKED-VALUE';

function refusalOf(data: unknown): EscrowError {
  try {
    parseEnrollmentRequest(data);
  } catch (error) {
    if (error instanceof EscrowError) return error;
    throw error;
  }
  throw new TypeError('was not refused');
}

function without(member: string): Change {
  const { [member]: _left, ...rest } = good;
  return rest;
}

function withSubscriber(change: Change): Change {
  return { ...good, subscriber: { ...subscriber, ...change } };
}

/** Everything that leaves with an error. */
function saidBy(error: EscrowError): string {
  return JSON.stringify([error.message, error.next, error.details.field, error.details.issues]);
}

describe('a good request', () => {
  it('is read as it was sent', () => {
    expect(parseEnrollmentRequest(good)).toEqual(good);
  });

  it('may name its lock and a recipient key', () => {
    const recipientKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
    const request = parseEnrollmentRequest({ ...good, lock: 'recipient', recipientKey });
    expect(request).toMatchObject({ lock: 'recipient', recipientKey });
  });

  it.each([
    ["  O'Brien ", "O'Brien"],
    ['Nu\u0301n\u0303ez', 'N\u00fa\u00f1ez'],
    ['王', '王'],
    ['Παπαδοπούλου', 'Παπαδοπούλου'],
    ['van den Berg', 'van den Berg'],
  ])('has its names trimmed and in NFC: %j', (familyName, expected) => {
    expect(parseEnrollmentRequest(withSubscriber({ familyName })).subscriber.familyName).toBe(expected);
  });

  it('may leave the given name empty, as a device has none', () => {
    expect(parseEnrollmentRequest(withSubscriber({ givenName: '' })).subscriber.givenName).toBe('');
  });
});

describe('a bad request', () => {
  it.each(['organization', 'idempotencyKey', 'subscriber', 'purpose', 'keySpec', 'assurance'])(
    'without %s is told that it is missing',
    (member) => {
      const { code, details } = refusalOf(without(member));
      expect(code).toBe('invalid-input');
      expect(details).toMatchObject({ field: member, why: 'is missing' });
    },
  );

  it.each(['id', 'givenName', 'familyName', 'email'])('without subscriber.%s is told so', (member) => {
    const { [member]: _left, ...rest } = subscriber as Change;
    const { code, details } = refusalOf({ ...good, subscriber: rest });
    expect(code).toBe('invalid-input');
    expect(details).toMatchObject({ field: `subscriber.${member}`, why: 'is missing' });
  });

  const wrong: [string, string, Change][] = [
    ['organization', 'organization', { organization: 7 }],
    ['organization', 'organization', { organization: '' }],
    ['organization', 'organization', { organization: 'a'.repeat(65) }],
    ['organization', 'organization', { organization: `../${marked}` }],
    ['idempotencyKey', 'idempotencyKey', { idempotencyKey: ['a'] }],
    ['idempotencyKey', 'idempotencyKey', { idempotencyKey: '' }],
    ['idempotencyKey', 'idempotencyKey', { idempotencyKey: marked.repeat(20) }],
    ['subscriber', 'subscriber', { subscriber: marked }],
    ['subscriber', 'subscriber', { subscriber: null }],
    ['subscriber', 'subscriber.id', withSubscriber({ id: `${marked} ` })],
    ['subscriber', 'subscriber.id', withSubscriber({ id: '.' })],
    ['subscriber', 'subscriber.id', withSubscriber({ id: 'a'.repeat(65) })],
    ['subscriber', 'subscriber.givenName', withSubscriber({ givenName: true })],
    ['subscriber', 'subscriber.givenName', withSubscriber({ givenName: 'a'.repeat(65) })],
    ['subscriber', 'subscriber.familyName', withSubscriber({ familyName: ' \t ' })],
    ['subscriber', 'subscriber.familyName', withSubscriber({ familyName: marked.repeat(6) })],
    ['subscriber', 'subscriber.familyName', withSubscriber({ familyName: `${marked}\u202e` })],
    ['subscriber', 'subscriber.familyName', withSubscriber({ familyName: `${marked}\u0000` })],
    ['subscriber', 'subscriber.familyName', withSubscriber({ familyName: `${marked}\ud800` })],
    ['subscriber', 'subscriber.email', withSubscriber({ email: marked })],
    ['subscriber', 'subscriber.email', withSubscriber({ email: `${marked}@localhost` })],
    ['subscriber', 'subscriber.email', withSubscriber({ email: `ada@acme.example\r\nBcc: ${marked}` })],
    ['subscriber', 'subscriber.email', withSubscriber({ email: `${'a'.repeat(250)}@acme.example` })],
    ['subscriber', 'subscriber.email', withSubscriber({ email: {} })],
    ['purpose', 'purpose', { purpose: marked }],
    ['purpose', 'purpose', { purpose: 1 }],
    ['keySpec', 'keySpec', { keySpec: 2048 }],
    ['keySpec', 'keySpec', { keySpec: marked }],
    ['keySpec', 'keySpec', { keySpec: marked.repeat(3) }],
    ['assurance', 'assurance', { assurance: 'high' }],
    ['lock', 'lock', { lock: 'resident' }],
    ['lock', 'lock', { lock: null }],
    ['recipientKey', 'recipientKey', { recipientKey: marked }],
  ];

  it.each(wrong)('with a wrong %s is refused at %s: %j', (_member, field, change) => {
    const error = refusalOf({ ...good, ...change });
    expect(error.code).toBe('invalid-input');
    expect(error.details.field).toBe(field);
    expect(error.details.why).toMatch(/^[a-z]/);
    expect(error.next).toMatch(/^[A-Z].*\.$/);
    expect(saidBy(error)).not.toContain(marked);
  });

  it('with a key spec below the floor has a code of its own', () => {
    const { code, details } = refusalOf({ ...good, keySpec: 'RSA_1024' });
    expect({ code, field: details.field }).toEqual({ code: 'key-spec-below-floor', field: 'keySpec' });
  });

  it.each([
    ['surname', { ...good, surname: marked }],
    ['subscriber.password', withSubscriber({ password: marked })],
  ])('with the unknown field %s is told so', (field, data) => {
    const error = refusalOf(data);
    expect(error.details).toMatchObject({ field, why: 'is not a known field' });
    expect(saidBy(error)).not.toContain(marked);
  });

  it('does not get back the name of an unknown field that is no name', () => {
    for (const name of [`${marked} x`, marked.repeat(9), `${marked}\n`, `${marked}@acme.example`, '']) {
      const error = refusalOf({ ...good, [name]: 1 });
      expect(error.code).toBe('invalid-input');
      expect(saidBy(error)).not.toContain(marked);
      expect(error.details.why).toBe('is not a known field');
    }
  });

  it('is told every field at fault at once, each once', () => {
    const { details } = refusalOf({ ...withSubscriber({ id: '', email: 'x' }), purpose: 'x', extra: 1 });
    expect(new Set(details.issues?.map(({ field }) => field))).toEqual(
      new Set(['subscriber.id', 'subscriber.email', 'purpose', 'extra']),
    );
    expect(details.issues?.length).toBe(4);
    expect(details.field).toBe(details.issues?.[0]?.field);
  });

  it.each([undefined, null, 'text', 7, [], true])('is refused whole as %j', (data) => {
    expect(refusalOf(data)).toMatchObject({ code: 'invalid-input', name: 'InputError' });
  });

  it.each([
    ['subscriber', { ...good, subscriber: 7 }],
    ['subscriber', { ...good, subscriber: null }],
    ['(whole)', null],
    ['(whole)', 'text'],
  ])('with no object where %s must be one is told so, and not that it is missing', (field, data) => {
    expect(refusalOf(data).details).toMatchObject({ field, why: 'is not an object' });
  });

  it('names of 64 characters together fit a certificate, and longer ones do not', () => {
    const givenName = 'a'.repeat(31);
    const fits = withSubscriber({ givenName, familyName: 'b'.repeat(32) });
    expect(parseEnrollmentRequest(fits).subscriber.givenName).toBe(givenName);
    const { details } = refusalOf(withSubscriber({ givenName, familyName: 'b'.repeat(33) }));
    expect(details).toMatchObject({ field: 'subscriber.familyName', next: 'Shorten the given name.' });
  });

  it('is refused by one of our errors, whatever was sent', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(good)), (value, member) => {
        for (const data of [value, { ...good, [member]: value }]) {
          try {
            parseEnrollmentRequest(data);
          } catch (error) {
            expect(error).toBeInstanceOf(EscrowError);
          }
        }
      }),
    );
  });
});
