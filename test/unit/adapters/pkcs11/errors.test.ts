import { Pkcs11Error } from 'pkcs11js';
import { describe, expect, it } from 'vitest';
import { isLoss, providerError, returnValueOf } from '#adapters/pkcs11/errors.ts';
import { StateError } from '#domain/errors.ts';
import { ReturnValueError } from './fake-cryptoki.ts';

describe('providerError', () => {
  it.each([
    ['CKR_PIN_INCORRECT', 'provider-misconfigured'],
    ['CKR_PIN_LOCKED', 'provider-misconfigured'],
    ['CKR_USER_PIN_NOT_INITIALIZED', 'provider-misconfigured'],
    ['CKR_MECHANISM_INVALID', 'provider-incapable'],
    ['CKR_KEY_NOT_WRAPPABLE', 'provider-incapable'],
    ['CKR_KEY_UNEXTRACTABLE', 'key-not-exportable'],
    ['CKR_ATTRIBUTE_SENSITIVE', 'key-not-exportable'],
    ['CKR_KEY_HANDLE_INVALID', 'key-not-found'],
    ['CKR_WRAPPED_KEY_INVALID', 'wrapped-key-invalid'],
    ['CKR_DEVICE_REMOVED', 'provider-unavailable'],
    ['CKR_SESSION_COUNT', 'provider-busy'],
    ['CKR_SESSION_HANDLE_INVALID', 'provider-unavailable'],
    ['CKR_VENDOR_DEFINED', 'provider-unavailable'],
    ['CKR_FUNCTION_REJECTED', 'provider-access-denied'],
    ['CKR_PIN_EXPIRED', 'provider-misconfigured'],
  ])('reads %s as %s, and keeps it as cause', (returnValue, code) => {
    const cause = new ReturnValueError(returnValue);
    const error = providerError(cause);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).not.toContain('CKR_');
  });

  it('says of a wrong PIN that it is not tried again', () => {
    expect(providerError(new ReturnValueError('CKR_PIN_INCORRECT')).next).toContain(
      'never tried a second time',
    );
  });

  it('says of an expired PIN where it is changed', () => {
    const { message, next } = providerError(new ReturnValueError('CKR_PIN_EXPIRED'));
    expect(message).toContain('is the first one and must be changed');
    expect(next).toContain("by the own tool of the token's vendor");
  });

  it('tells by its number what only a vendor can explain, and keeps it as cause', () => {
    const cause = new Pkcs11Error('CKR_VENDOR_DEFINED:2147483872');
    const error = providerError(cause);
    expect(error).toMatchObject({ code: 'provider-unavailable', cause });
    expect(error.message).toContain('the token answered 0x800000e0');
  });

  it('lets our own errors pass', () => {
    const own = new StateError('already-exists');
    expect(providerError(own)).toBe(own);
  });

  it.each([[undefined], ['text'], [new RangeError('else')]])(
    'takes anything else as unavailable: %s',
    (thrown) => {
      expect(providerError(thrown)).toMatchObject({ code: 'provider-unavailable', retryable: true });
    },
  );
});

describe('returnValueOf', () => {
  it('finds the name in every form that the binding uses', () => {
    const forms = ['CKR_KEY_SIZE_RANGE', 'CKR_KEY_SIZE_RANGE:98', 'Error: CKR_KEY_SIZE_RANGE:98\n at C_Sign'];
    expect(forms.map((form) => returnValueOf(new ReturnValueError(form)))).toEqual(
      forms.map(() => 'CKR_KEY_SIZE_RANGE'),
    );
  });

  it.each([
    [2147483872, '0x800000e0'],
    [0x7f, '0x0000007f'],
    [0x1b, 'CKR_ACTION_PROHIBITED'],
    [0x140, 'CKR_CURVE_NOT_SUPPORTED'],
    [0x201, 'CKR_TOKEN_RESOURCE_EXCEEDED'],
  ])('tells what the binding has no name for: %i is %s', (number, told) => {
    const text = `CKR_VENDOR_DEFINED:${number}`;
    expect([new Pkcs11Error(text), new Error(text)].map(returnValueOf)).toEqual([told, told]);
  });

  it('finds none in what is not the error of a token', () => {
    expect([returnValueOf('CKR_OK'), returnValueOf(new ReturnValueError('dlopen failed'))]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('isLoss', () => {
  it.each([
    'CKR_SESSION_HANDLE_INVALID',
    'CKR_SESSION_CLOSED',
    'CKR_USER_NOT_LOGGED_IN',
    'CKR_DEVICE_REMOVED',
    'CKR_DEVICE_ERROR',
    'CKR_TOKEN_NOT_PRESENT',
    'CKR_SLOT_ID_INVALID',
    'CKR_CRYPTOKI_NOT_INITIALIZED',
  ])('takes %s for a loss, as the binding says it and as we do', (returnValue) => {
    const error = new ReturnValueError(`${returnValue}:1`);
    expect([isLoss(error), isLoss(providerError(error))]).toEqual([true, true]);
  });

  it.each([
    new ReturnValueError('CKR_GENERAL_ERROR'),
    new ReturnValueError('CKR_SESSION_COUNT'),
    new StateError('already-exists'),
    undefined,
  ])('does not take this for a loss: %s', (error) => {
    expect(isLoss(error)).toBe(false);
  });
});
