import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type CodeOf, type ErrorCode, type ErrorFamily, errorTable } from '#domain/error-codes.ts';
import * as errors from '#domain/errors.ts';

const entries = Object.entries(errorTable);

const families: Record<ErrorFamily, string> = {
  input: 'InputError',
  access: 'AccessError',
  limit: 'LimitError',
  lock: 'LockError',
  policy: 'PolicyError',
  state: 'StateError',
  pfx: 'PfxError',
  proof: 'ProofError',
  provider: 'ProviderError',
  store: 'StoreError',
  webhook: 'WebhookError',
  'set-up': 'SetUpError',
  connection: 'ConnectionError',
  internal: 'InternalError',
};

describe('the error codes', () => {
  it.each(entries)(
    '%s has a sentence and a next step, each ending in a full stop',
    (_code, { meaning, next }) => {
      for (const sentence of [meaning, next]) expect(sentence).toMatch(/^[A-Z][^\n]{8,}\.$/);
    },
  );

  it.each(entries)('%s is of a family that has a class, and is spelled in kebab case', (code, { family }) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(Object.keys(errors)).toContain(families[family]);
  });

  it('leave no class without a code', () => {
    const used = new Set(entries.map(([, { family }]) => family));
    expect(used).toEqual(new Set(Object.keys(families)));
  });

  it('are known to a class by its family alone', () => {
    // @ts-expect-error a code of another family
    expect(new errors.InputError('not-found').code).toBe('not-found');
    // @ts-expect-error no code at all
    const unknown: ErrorCode = 'no-such-code';
    // @ts-expect-error a code of another family
    const other: CodeOf<'lock'> = 'store-unavailable';
    expect([unknown, other]).toHaveLength(2);
  });
});

describe('an error', () => {
  it('says what its code means, what to do, and whether the same call may succeed later', () => {
    const error = new errors.StoreError('store-unavailable');
    expect(error).toMatchObject({
      name: 'StoreError',
      code: 'store-unavailable',
      message: errorTable['store-unavailable'].meaning,
      next: errorTable['store-unavailable'].next,
      retryable: true,
    });
    expect(error).toBeInstanceOf(errors.EscrowError);
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('names the field, why and what next in words of its own', () => {
    const error = new errors.InputError('invalid-input', {
      field: 'email',
      why: 'is empty',
      next: 'Fill it in.',
    });
    expect(error.message).toBe('email: is empty');
    expect(error.next).toBe('Fill it in.');
    expect(error.retryable).toBe(false);
  });

  it('keeps what caused it, and does not quote it', () => {
    const cause = new TypeError('CKR_PIN_INCORRECT 1234');
    const error = errors.asEscrowError(cause);
    expect(error).toMatchObject({ name: 'InternalError', code: 'internal', cause, retryable: true });
    expect(error.message + error.next).not.toContain('CKR');
    expect(JSON.stringify(error)).not.toContain('CKR');
  });

  it('is left as it is, if it is one of ours', () => {
    const error = new errors.LockError('wrong-password');
    expect(errors.asEscrowError(error)).toBe(error);
  });

  it.each([undefined, null, 'text', 42, { code: 'not-found' }])('is made of %s too', (thrown) => {
    const error = errors.asEscrowError(thrown);
    expect(error.code).toBe('internal');
    expect(inspect(error)).toContain('InternalError');
  });
});
