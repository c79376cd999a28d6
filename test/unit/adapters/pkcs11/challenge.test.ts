import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { challenge, challengeKey } from '#adapters/pkcs11/challenge.ts';
import { attributes } from '#adapters/pkcs11/constants.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { findObjects, readFlag, type TokenSession } from '#adapters/pkcs11/operations.ts';
import { macKeyTemplate } from '#adapters/pkcs11/templates.ts';
import { ThrowAwayKeys } from '#adapters/pkcs11/throw-away-keys.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { deviating } from './deviating-token.ts';
import { fails } from './fake-cryptoki.ts';
import { withRawToken } from './raw-token.ts';

const { CKM_AES_KEY_GEN, CKM_AES_KEY_WRAP_PAD, CKM_AES_KWP, CKM_GENERIC_SECRET_KEY_GEN } = mechanisms;
const available = new Set<number>([CKM_AES_KEY_GEN, CKM_AES_KEY_WRAP_PAD]);

describe('a challenge to give up a key', () => {
  let store: SoftHsmStore;
  beforeAll(async () => {
    store = await softHsmStore();
  });
  afterAll(() => store.remove());

  /** Works on keys that are destroyed afterwards, and looks that nothing else was left. */
  const withKeys = <T>(work: (token: TokenSession, keys: ThrowAwayKeys) => Promise<T>) =>
    withRawToken(store, async (token) => {
      const before = findObjects(token, []).length;
      const keys = new ThrowAwayKeys(token);
      try {
        return await work(token, keys);
      } finally {
        keys.destroy();
        expect(findObjects(token, []).length).toBe(before);
      }
    });
  const answersOf = (answers: Awaited<ReturnType<typeof challenge>>) =>
    Object.fromEntries(answers.map(({ attempt, answer }) => [attempt, answer]));

  it('is refused by SoftHSM, in every way, for a key that is made to stay', async () => {
    const answers = await withKeys(async (token, keys) => {
      const { privateKey } = await keys.pair('ECC_NIST_P256', 'identity', true);
      return challenge(token, privateKey, available);
    });
    expect(answersOf(answers)).toEqual({
      'read CKA_VALUE': 'CKR_ATTRIBUTE_SENSITIVE',
      'wrap it by CKM_AES_KEY_WRAP_PAD': 'CKR_KEY_UNEXTRACTABLE',
      'set CKA_EXTRACTABLE true': 'CKR_ATTRIBUTE_READ_ONLY',
      'copy it with CKA_EXTRACTABLE true': 'CKR_ATTRIBUTE_READ_ONLY',
      'set CKA_SENSITIVE false': 'CKR_ATTRIBUTE_READ_ONLY',
      'copy it with CKA_SENSITIVE false': 'CKR_ATTRIBUTE_READ_ONLY',
    });
    expect(answers.every(({ refused }) => refused)).toBe(true);
  });

  it('reads the private parts of an RSA key, and the value of a secret one', async () => {
    const read = await withKeys(async (token, keys) => {
      const { privateKey } = await keys.pair('RSA_2048', 'encryption', true);
      const secret = await keys.secret(CKM_GENERIC_SECRET_KEY_GEN, macKeyTemplate);
      const answers = [
        await challenge(token, privateKey, available),
        await challenge(token, secret, available),
      ];
      return answers.flat().filter(({ attempt }) => attempt.startsWith('read'));
    });
    expect(read).toEqual(
      ['CKA_PRIVATE_EXPONENT', 'CKA_PRIME_1', 'CKA_VALUE'].map((name) => ({
        attempt: `read ${name}`,
        answer: 'CKR_ATTRIBUTE_SENSITIVE',
        refused: true,
      })),
    );
  });

  it('tells what is let happen to a key that may leave, and leaves it so', async () => {
    const answers = await withKeys(async (token, keys) => {
      const { privateKey } = await keys.pair('ECC_NIST_P256', 'identity', false);
      const given = await challenge(token, privateKey, available);
      expect(readFlag(token, privateKey, attributes.CKA_EXTRACTABLE)).toBe(true);
      expect(readFlag(token, privateKey, attributes.CKA_SENSITIVE)).toBe(true);
      return given;
    });
    const allowed = answers.filter(({ refused }) => !refused).map(({ attempt }) => attempt);
    expect(allowed).toEqual([
      'wrap it by CKM_AES_KEY_WRAP_PAD',
      'set CKA_EXTRACTABLE true',
      'copy it with CKA_EXTRACTABLE true',
    ]);
  });

  it('counts as refused what a token has no function for, and tries each form of a wrapping', async () => {
    const wrappers: unknown[] = [];
    const answers = await withKeys(async (token, keys) => {
      const { privateKey } = await keys.pair('ECC_NIST_P256', 'identity', true);
      const cryptoki = deviating(token.cryptoki, () => () => ({
        C_SetAttributeValue: fails('CKR_FUNCTION_NOT_SUPPORTED:84'),
        C_CopyObject: fails('CKR_FUNCTION_NOT_SUPPORTED:84'),
        C_WrapKeyAsync: async (_session, wrapper) => {
          wrappers.push(wrapper.parameter);
          return fails('CKR_KEY_UNEXTRACTABLE:106')();
        },
      }));
      return challenge({ ...token, cryptoki }, privateKey, new Set([CKM_AES_KEY_GEN, CKM_AES_KWP]));
    });
    expect(answersOf(answers)).toMatchObject({
      'wrap it by CKM_AES_KWP': 'CKR_KEY_UNEXTRACTABLE',
      'wrap it by CKM_AES_KWP with its initial value': 'CKR_KEY_UNEXTRACTABLE',
      'set CKA_EXTRACTABLE true': 'CKR_FUNCTION_NOT_SUPPORTED',
      'copy it with CKA_SENSITIVE false': 'CKR_FUNCTION_NOT_SUPPORTED',
    });
    expect(answers.every(({ refused }) => refused)).toBe(true);
    expect(wrappers).toEqual([undefined, Buffer.from('a65959a6', 'hex')]);
  });

  it('tightens again what a token let be loosened', async () => {
    const set: unknown[] = [];
    const answers = await withKeys(async (token, keys) => {
      const { privateKey } = await keys.pair('ECC_NIST_P256', 'identity', true);
      const cryptoki = deviating(token.cryptoki, () => () => ({
        C_SetAttributeValue: (_session, _key, [attribute]) => set.push(attribute),
      }));
      return challenge({ ...token, cryptoki }, privateKey, available);
    });
    expect(answers.filter(({ refused }) => !refused)).toHaveLength(2);
    expect(set).toEqual([
      { type: attributes.CKA_EXTRACTABLE, value: true },
      { type: attributes.CKA_EXTRACTABLE, value: false },
      { type: attributes.CKA_SENSITIVE, value: false },
      { type: attributes.CKA_SENSITIVE, value: true },
    ]);
  });

  it('finds the key by its id, and says when there is none', async () => {
    await withRawToken(store, async (token) => {
      const keys = new ThrowAwayKeys(token);
      const id = Buffer.from('0a0b0c', 'hex');
      await keys.secret(CKM_GENERIC_SECRET_KEY_GEN, () => macKeyTemplate({ label: 'escrow-mac', id }));
      expect(await challengeKey(token, '0a0b0c', available)).toHaveLength(6);
      keys.destroy();
      for (const unknown of ['0a0b0c', '', 'no digits']) {
        expect(await outcomeOf(challengeKey(token, unknown, available))).toBe('key-not-found');
      }
    });
  });

  it('does not take the loss of the token for a refusal', async () => {
    await withRawToken(store, async (token) => {
      const keys = new ThrowAwayKeys(token);
      const id = Buffer.of(7);
      await keys.secret(CKM_GENERIC_SECRET_KEY_GEN, () => macKeyTemplate({ label: 'escrow-mac', id }));
      const cryptoki = deviating(token.cryptoki, () => () => ({
        C_WrapKeyAsync: async () => {
          throw new Error('CKR_DEVICE_REMOVED');
        },
      }));
      expect(await outcomeOf(challengeKey({ ...token, cryptoki }, '07', available))).toBe(
        'provider-unavailable',
      );
      keys.destroy();
    });
  });
});
