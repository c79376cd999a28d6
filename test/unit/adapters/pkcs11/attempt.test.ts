import { describe, expect, it } from 'vitest';
import { attempt } from '#adapters/pkcs11/attempt.ts';
import { ProviderError, StateError } from '#domain/errors.ts';
import { ReturnValueError } from './fake-cryptoki.ts';

/** Work that fails so, once for each error, and succeeds then; counts how often it was done. */
function failing(...errors: unknown[]) {
  let calls = 0;
  const work = async () => {
    const error = errors[calls++];
    if (error !== undefined) throw error;
    return 'done';
  };
  return { work, calls: () => calls };
}

describe('attempt', () => {
  it('gives what the work gives', async () => {
    expect(await attempt(failing().work)).toEqual({ works: true, value: 'done' });
  });

  it.each([
    [new ReturnValueError('CKR_MECHANISM_INVALID:112'), 'CKR_MECHANISM_INVALID'],
    [new ReturnValueError('CKR_KEY_UNEXTRACTABLE:106'), 'CKR_KEY_UNEXTRACTABLE'],
    [new ReturnValueError('CKR_ARGUMENTS_BAD:7'), 'CKR_ARGUMENTS_BAD'],
    [new ProviderError('provider-incapable', { why: 'something else came out' }), 'something else came out'],
  ])('takes %s for an inability, at once', async (error, why) => {
    const { work, calls } = failing(error);
    expect(await attempt(work)).toEqual({ works: false, why, clear: true });
    expect(calls()).toBe(1);
  });

  it.each(['CKR_FUNCTION_FAILED', 'CKR_GENERAL_ERROR', 'CKR_VENDOR_DEFINED'])(
    'asks again where %s leaves it open, and takes a second one for an inability',
    async (returnValue) => {
      const error = new ReturnValueError(returnValue);
      expect(await attempt(failing(error).work)).toEqual({ works: true, value: 'done' });
      const twice = failing(error, error);
      expect(await attempt(twice.work)).toEqual({ works: false, why: returnValue, clear: false });
      expect(twice.calls()).toBe(2);
    },
  );

  it.each([
    new ReturnValueError('CKR_DEVICE_REMOVED'),
    new ReturnValueError('CKR_SESSION_HANDLE_INVALID'),
    new ReturnValueError('CKR_SESSION_COUNT'),
    new ReturnValueError('CKR_DEVICE_MEMORY'),
    new ReturnValueError('CKR_KEY_HANDLE_INVALID'),
    new StateError('already-exists'),
    new ProviderError('provider-busy'),
    new TypeError('a slip of ours'),
  ])('lets through what says nothing about the way: %s', async (error) => {
    await expect(attempt(failing(error).work)).rejects.toBe(error);
  });
});
