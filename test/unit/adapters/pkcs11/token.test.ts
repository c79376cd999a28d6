import { describe, expect, it } from 'vitest';
import { flags } from '#adapters/pkcs11/constants.ts';
import type { Cryptoki } from '#adapters/pkcs11/cryptoki.ts';
import { findSlot, login } from '#adapters/pkcs11/token.ts';
import { Secret } from '#domain/secret.ts';
import { fails, fakeCryptoki, handle, tokenInfo } from './fake-cryptoki.ts';

const { CKF_TOKEN_INITIALIZED, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED } = flags;

function tokens(...infos: { label: string; serialNumber: string; flags?: number }[]): Cryptoki {
  return fakeCryptoki({
    C_GetSlotList: () => infos.map((_, index) => handle(index)),
    C_GetTokenInfo: (slot) =>
      tokenInfo({
        label: infos[slot[0] ?? 0]?.label.padEnd(32) ?? '',
        serialNumber: infos[slot[0] ?? 0]?.serialNumber.padEnd(16) ?? '',
        flags: infos[slot[0] ?? 0]?.flags ?? CKF_TOKEN_INITIALIZED,
      }),
  });
}

describe('findSlot', () => {
  const twins = tokens(
    { label: 'twin', serialNumber: '1' },
    { label: 'twin', serialNumber: '2' },
    { label: 'single', serialNumber: '3' },
    { label: 'blank', serialNumber: '4', flags: 0 },
  );

  it('finds a token by its label or its serial number', () => {
    expect(findSlot(twins, { label: 'single' })).toEqual(handle(2));
    expect(findSlot(twins, { serial: '2' })).toEqual(handle(1));
  });

  it.each([
    [{ label: 'none' }, 'there is no token labelled none'],
    [{ serial: '9' }, 'there is no token with serial number 9'],
    [{ label: 'sing' }, 'there is no token labelled sing'],
    [{ label: 'blank' }, 'there is no token labelled blank'],
    [{ label: 'twin' }, 'there are several tokens labelled twin'],
  ])('refuses %j', (name, why) => {
    expect(() => findSlot(twins, name)).toThrow(
      expect.objectContaining({ code: 'provider-misconfigured', message: `token: ${why}` }),
    );
  });
});

describe('login', () => {
  const pin = Secret.fromText('a pin');

  /** A token in a state that answers a login so; counts the tries. */
  function tokenThat(state: number, answer: () => void) {
    const tries: string[] = [];
    const cryptoki = fakeCryptoki({
      C_GetTokenInfo: () => tokenInfo({ flags: state }),
      C_Login: (_session, _user, tried) => {
        tries.push(tried);
        answer();
      },
    });
    return { tries, login: () => login(cryptoki, handle(1), handle(2), pin) };
  }

  it('logs in with the PIN, once', () => {
    const token = tokenThat(CKF_TOKEN_INITIALIZED, () => {});
    token.login();
    expect(token.tries).toEqual(['a pin']);
  });

  it('is content when somebody in this process is logged in already', () => {
    expect(tokenThat(0, fails('CKR_USER_ALREADY_LOGGED_IN')).login).not.toThrow();
  });

  it('tries a wrong PIN once and never again, and does not repeat it', () => {
    const token = tokenThat(0, fails('CKR_PIN_INCORRECT'));
    expect(token.login).toThrow(expect.objectContaining({ code: 'provider-misconfigured' }));
    expect(token.login).not.toThrow(/a pin/);
    expect(token.tries).toHaveLength(2);
  });

  it.each([
    'CKR_PIN_INCORRECT',
    'CKR_PIN_LOCKED',
    'CKR_PIN_EXPIRED',
    'CKR_USER_TYPE_INVALID',
    'CKR_GENERAL_ERROR',
    'CKR_FUNCTION_FAILED',
    'CKR_ARGUMENTS_BAD',
    'CKR_VENDOR_DEFINED',
  ])('leaves it to a person when a token answers %s', (value) => {
    expect(tokenThat(0, fails(value)).login).toThrow(
      expect.objectContaining({
        code: 'provider-misconfigured',
        details: expect.objectContaining({ field: 'pin' }),
      }),
    );
  });

  it.each(['CKR_TOKEN_NOT_PRESENT', 'CKR_DEVICE_REMOVED', 'CKR_SESSION_HANDLE_INVALID'])(
    'may be repeated when the token is gone: %s',
    (value) => {
      expect(tokenThat(0, fails(value)).login).toThrow(
        expect.objectContaining({ code: 'provider-unavailable' }),
      );
    },
  );

  it.each([
    ['at its last try', CKF_USER_PIN_FINAL_TRY],
    ['locked', CKF_USER_PIN_LOCKED],
  ])('does not touch a PIN that is %s', (_, state) => {
    const token = tokenThat(CKF_TOKEN_INITIALIZED | state, () => {});
    expect(token.login).toThrow(expect.objectContaining({ code: 'provider-misconfigured' }));
    expect(token.tries).toEqual([]);
  });
});
