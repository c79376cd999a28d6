import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { findObjects, type TokenSession } from '#adapters/pkcs11/operations.ts';
import { type ProbeReport, probeToken } from '#adapters/pkcs11/probe.ts';
import { findSlot } from '#adapters/pkcs11/token.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { type Deviation, deviating, without } from './deviating-token.ts';
import { fails } from './fake-cryptoki.ts';
import { withRawToken } from './raw-token.ts';

const { CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_AES_KEY_WRAP_PAD, CKM_RSA_PKCS_OAEP, CKM_SHA256_HMAC } = mechanisms;

describe('probeToken', () => {
  let store: SoftHsmStore;
  beforeAll(async () => {
    store = await softHsmStore();
  });
  afterAll(() => store.remove());

  /** Probes the token, and looks that nothing was left in it. */
  const probe = (deviation: Deviation = () => ({})): Promise<ProbeReport> =>
    withRawToken(store, async (token) => {
      const before = findObjects(token, []).length;
      const cryptoki = deviating(token.cryptoki, () => deviation);
      try {
        return await probeToken({ ...token, cryptoki }, slotOfStore(token));
      } finally {
        expect(findObjects(token, []).length).toBe(before);
      }
    });
  const slotOfStore = (token: TokenSession) => findSlot(token.cryptoki, store.token.token);
  /** Without RSA keys a probe takes milliseconds. */
  const quick =
    (deviation: Deviation): Deviation =>
    (real) => ({ ...without(CKM_RSA_PKCS_KEY_PAIR_GEN)(real), ...deviation(real) });
  const needOf = ({ needs }: ProbeReport, start: string) =>
    needs.filter(({ need }) => need.startsWith(start));

  it('finds on SoftHSM that everything works, and how', async () => {
    const report = await probe();
    expect(report.needs.filter(({ works }) => !works)).toEqual([]);
    expect(report.missing).toEqual([]);
    const strategies = Object.fromEntries(report.needs.map(({ need, strategy }) => [need, strategy]));
    expect(strategies).toMatchObject({
      'RSA_4096: sign by RSA_PKCS1_SHA256': 'CKM_RSA_PKCS over the digest',
      'RSA_2048: sign by RSA_PSS_SHA256': 'CKM_RSA_PKCS_PSS over the digest',
      'ECC_NIST_P521: sign by ECDSA_SHA512': 'CKM_ECDSA over the digest',
      'an RSA encryption key signs its own request':
        'CKA_SIGN with CKA_DECRYPT; CKM_RSA_PKCS over the digest',
      'an EC encryption key signs its own request': 'CKA_SIGN with CKA_DERIVE; CKM_ECDSA over the digest',
      'HMAC-SHA256, for password locks':
        'CKM_SHA256_HMAC; key by CKM_GENERIC_SECRET_KEY_GEN (CKK_GENERIC_SECRET, CKA_VALUE_LEN, no other use)',
      'wrap private keys at rest (under a throw-away key)': 'CKM_AES_KEY_WRAP_PAD',
      'export, rung 1: RSA-AES to an ephemeral public key':
        'CKM_RSA_PKCS_OAEP (SHA-1) to an ephemeral RSA-3072 key, and CKM_AES_KEY_WRAP_PAD',
      'import RSA_2048 as non-extractable':
        'a transport key brought into the token, and CKM_AES_KEY_WRAP_PAD',
      'refuse to give up a resident key': expect.stringContaining(
        'wrap it by CKM_AES_KEY_WRAP_PAD: CKR_KEY_UNEXTRACTABLE',
      ),
    });
    expect(needOf(report, 'RSA_')).toHaveLength(9);
    for (const spec of keySpecNames) expect(needOf(report, `${spec}: make`)).toMatchObject([{ tried: true }]);
  });

  it('tells what the library, the token and its mechanisms are, as plain data', async () => {
    const report = await probe(quick(() => ({})));
    expect(structuredClone(report)).toEqual(report);
    expect(report.library.manufacturer).toBe('SoftHSM');
    expect(report.slot.token).toMatchObject({
      label: 'contract',
      firmware: expect.stringMatching(/^\d+\.\d+$/),
    });
    expect(report.mechanisms.find(({ name }) => name === 'CKM_EC_KEY_PAIR_GEN')).toEqual({
      name: 'CKM_EC_KEY_PAIR_GEN',
      number: 0x1040,
      minKeySize: 112,
      maxKeySize: 521,
      uses: ['generate key pair'],
    });
    const oaep = report.mechanisms.find(({ name }) => name === 'CKM_RSA_PKCS_OAEP');
    expect(oaep?.uses).toEqual(['encrypt', 'decrypt', 'wrap', 'unwrap']);
  });

  it('tries nothing that the list of mechanisms rules out, and names the mechanism', async () => {
    const report = await probe(
      without(CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_AES_KEY_WRAP_PAD, CKM_RSA_PKCS_OAEP, CKM_SHA256_HMAC),
    );
    expect(report.needs.filter(({ tried }) => !tried).map(({ need, why }) => `${need}: ${why}`)).toEqual(
      report.missing,
    );
    expect(needOf(report, 'RSA_3072: sign by RSA_PSS')).toMatchObject([
      { tried: false, works: false, why: 'the token has no CKM_RSA_PKCS_KEY_PAIR_GEN' },
    ]);
    expect(report.missing).toEqual(
      expect.arrayContaining([
        'HMAC-SHA256, for password locks: the token has no CKM_SHA256_HMAC',
        expect.stringMatching(/^wrap private keys at rest .+: the token has no CKM_AES_KEY_WRAP_KWP or /),
        expect.stringMatching(/^export, rung 2: .+: the token has no /),
        expect.stringMatching(/^import ECC_NIST_P256 as non-extractable: the token has no /),
      ]),
    );
    expect(needOf(report, 'ECC_').every(({ works }) => works)).toBe(true);
  });

  it('names the sizes that a token makes', async () => {
    const report = await probe(
      quick((real) => ({
        C_GetMechanismInfo: (slot, mechanism) => ({
          ...real.C_GetMechanismInfo(slot, mechanism),
          maxKeySize: 384,
        }),
      })),
    );
    expect(needOf(report, 'ECC_NIST_P521: make')).toMatchObject([
      { tried: false, why: 'the token makes keys of 112 to 384 bits by CKM_EC_KEY_PAIR_GEN' },
    ]);
  });

  it.each<[string, string, Deviation, RegExp]>([
    [
      'an EC key that may sign and derive',
      'an EC encryption key signs its own request',
      (real) => ({
        C_GenerateKeyPairAsync: async (session, mechanism, publicTemplate, privateTemplate) => {
          if (privateTemplate.some(({ type }) => type === 0x10c)) fails('CKR_TEMPLATE_INCONSISTENT:209')();
          return real.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, privateTemplate);
        },
      }),
      /^CKR_TEMPLATE_INCONSISTENT$/,
    ],
    [
      'a MAC of another kind',
      'HMAC-SHA256, for password locks',
      () => ({
        C_SignInit: () => {},
        C_Sign: () => Buffer.alloc(32),
        C_SignAsync: async () => Buffer.alloc(32),
      }),
      /CKM_GENERIC_SECRET_KEY_GEN \(CKK_GENERIC_SECRET, CKA_VALUE_LEN\): the token computes something else; /,
    ],
    [
      'wrapping',
      'wrap private keys at rest',
      () => ({ C_WrapKeyAsync: async () => fails('CKR_KEY_NOT_WRAPPABLE:105')() }),
      /^CKM_AES_KEY_WRAP_PAD: CKR_KEY_NOT_WRAPPABLE$/,
    ],
    [
      'keys from outside',
      'import ECC_NIST_P256 as non-extractable',
      () => ({ C_CreateObject: fails('CKR_ACTION_PROHIBITED:27') }),
      /CKM_AES_KEY_WRAP_PAD: CKR_ACTION_PROHIBITED$/,
    ],
    [
      'nobody who loosens a key',
      'refuse to give up a resident key',
      () => ({ C_SetAttributeValue: () => {} }),
      /lets anyone with the PIN set CKA_EXTRACTABLE true, set CKA_SENSITIVE false$/,
    ],
    [
      'no key that was never outside',
      'ECC_NIST_P256: make a key that has never been outside',
      (real) => ({
        C_GetAttributeValue: (session, object, wanted) =>
          wanted.some(({ type }) => type === 0x164)
            ? [{ value: Buffer.of(0) }]
            : real.C_GetAttributeValue(session, object, wanted),
      }),
      /^the token does not keep a private key inside from its making on$/,
    ],
  ])('tells what fails when tried: a token that lacks %s', async (_, start, deviation, why) => {
    const report = await probe(quick(deviation));
    const [need] = needOf(report, start);
    expect(need).toMatchObject({ tried: true, works: false, why: expect.stringMatching(why) });
    expect(report.missing).toContain(`${need?.need}: ${need?.why}`);
  });

  it('tries keys that stand in the token where it takes no session objects, and destroys them', async () => {
    const report = await probe(
      quick((real) => ({
        C_GenerateKeyPairAsync: async (session, mechanism, publicTemplate, privateTemplate) => {
          if (privateTemplate.some(({ type, value }) => type === 1 && value === false))
            fails('CKR_ATTRIBUTE_VALUE_INVALID:19')();
          return real.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, privateTemplate);
        },
      })),
    );
    expect(needOf(report, 'ECC_').every(({ works }) => works)).toBe(true);
  });

  it('ends, and leaves nothing, when the token is lost meanwhile', async () => {
    const lost = probe(quick(() => ({ C_WrapKeyAsync: async () => fails('CKR_DEVICE_REMOVED:50')() })));
    expect(await outcomeOf(lost)).toBe('provider-unavailable');
  });
});
