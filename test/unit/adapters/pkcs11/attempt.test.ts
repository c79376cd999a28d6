import { describe, expect, it } from 'vitest';
import { attempt, firstThatWorks } from '#adapters/pkcs11/attempt.ts';
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
    [new ReturnValueError('CKR_FUNCTION_REJECTED:512'), 'CKR_FUNCTION_REJECTED'],
  ])('takes %s for an inability, at once', async (error, why) => {
    const { work, calls } = failing(error);
    expect(await attempt(work)).toEqual({ works: false, why, clear: true });
    expect(calls()).toBe(1);
  });

  it.each(['CKR_FUNCTION_FAILED', 'CKR_GENERAL_ERROR', 'CKR_VENDOR_DEFINED', '0x800000e0'])(
    'asks again where %s leaves it open, and takes a second one for an inability',
    async (returnValue) => {
      const text = returnValue.startsWith('0x') ? `CKR_VENDOR_DEFINED:${Number(returnValue)}` : returnValue;
      const error = new ReturnValueError(text);
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

describe('firstThatWorks', () => {
  const way = (words: string, ...errors: unknown[]) => ({ words, work: failing(...errors).work });
  const incapable = new ReturnValueError('CKR_MECHANISM_INVALID');

  it('gives what the first way gives that works, and tries none after it', async () => {
    const last = failing(incapable);
    const ways = [way('one', incapable), way('two'), { words: 'three', work: last.work }];
    expect(await firstThatWorks(ways)).toEqual({ words: 'two', value: 'done' });
    expect(last.calls()).toBe(0);
  });

  it('says of each way why it does not work, where none does', async () => {
    expect(await firstThatWorks([way('one', incapable), way('two', incapable)])).toEqual({
      failures: ['one: CKR_MECHANISM_INVALID', 'two: CKR_MECHANISM_INVALID'],
    });
  });

  it('ends with the loss of the token', async () => {
    const lost = new ReturnValueError('CKR_DEVICE_REMOVED');
    await expect(firstThatWorks([way('one', lost), way('two')])).rejects.toBe(lost);
  });
});
