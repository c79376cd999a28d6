import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Cryptoki, Mechanism } from '#adapters/pkcs11/cryptoki.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { TokenSigner } from '#adapters/pkcs11/token-signer.ts';
import { verifySignature } from '#crypto/public-key.ts';
import type { SignatureAlgorithm } from '#domain/key-spec.ts';
import { fails, fakeCryptoki, handle } from './fake-cryptoki.ts';
import { returnValue } from './raw-token.ts';

const { CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDSA_SHA384, CKM_ECDSA_SHA512 } = mechanisms;
const { CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS } = mechanisms;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

/** How a token that hashes signs by each mechanism. */
const hashing: Record<number, (key: KeyObject, message: Buffer) => Buffer> = {
  [CKM_SHA256_RSA_PKCS]: (key, message) => sign('sha256', message, key),
  [CKM_SHA256_RSA_PKCS_PSS]: (key, message) => sign('sha256', message, { key, ...pss }),
  [CKM_ECDSA_SHA256]: (key, message) => sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }),
  [CKM_ECDSA_SHA384]: (key, message) => sign('sha384', message, { key, dsaEncoding: 'ieee-p1363' }),
  [CKM_ECDSA_SHA512]: (key, message) => sign('sha512', message, { key, dsaEncoding: 'ieee-p1363' }),
};

/** A token that signs so; it keeps count of what it was asked for. */
function tokenThat(signs: (mechanism: Mechanism, data: Buffer) => Buffer, given: Partial<Cryptoki> = {}) {
  const asked: number[] = [];
  let chosen: Mechanism = { mechanism: -1 };
  const cryptoki = fakeCryptoki({
    C_SignInit: (_session, mechanism) => {
      asked.push(mechanism.mechanism);
      chosen = mechanism;
    },
    C_Sign: (_session, data) => signs(chosen, data),
    C_SignAsync: async (_session, data) => signs(chosen, data),
    ...given,
  });
  return { token: { cryptoki, session: handle(1) }, asked };
}

function signingKey(publicKey: KeyObject) {
  return { handle: handle(2), publicKey: () => publicKey.export({ format: 'der', type: 'spki' }) };
}

const message = Buffer.from('message');

describe('TokenSigner', () => {
  it.each<[SignatureAlgorithm, number, { publicKey: KeyObject; privateKey: KeyObject }]>([
    ['RSA_PKCS1_SHA256', CKM_SHA256_RSA_PKCS, rsa],
    ['RSA_PSS_SHA256', CKM_SHA256_RSA_PKCS_PSS, rsa],
    ['ECDSA_SHA256', CKM_ECDSA_SHA256, ec('P-256')],
    ['ECDSA_SHA384', CKM_ECDSA_SHA384, ec('P-384')],
    ['ECDSA_SHA512', CKM_ECDSA_SHA512, ec('P-521')],
  ])(
    'signs by %s where the token hashes (a double: ECDSA so is not tried on hardware)',
    async (algorithm, mechanism, pair) => {
      const { token, asked } = tokenThat(
        (chosen, data) =>
          hashing[chosen.mechanism]?.(pair.privateKey, data) ?? fails('CKR_MECHANISM_INVALID')(),
      );
      const signer = new TokenSigner(new Set([mechanism]));
      const key = signingKey(pair.publicKey);
      const signature = await signer.sign(token, algorithm, key, message);
      expect(verifySignature(key.publicKey(), algorithm, message, signature)).toBe(true);
      expect(new Set(asked)).toEqual(new Set([mechanism]));
    },
  );

  it('takes the way that works, once found, at each signature', async () => {
    const { token, asked } = tokenThat(({ mechanism }, data) =>
      mechanism === CKM_RSA_PKCS
        ? fails('CKR_MECHANISM_INVALID:112')()
        : sign('sha256', data, rsa.privateKey),
    );
    const signer = new TokenSigner(new Set([CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS]));
    await signer.sign(token, 'RSA_PKCS1_SHA256', signingKey(rsa.publicKey), message);
    await signer.sign(token, 'RSA_PKCS1_SHA256', signingKey(rsa.publicKey), message);
    // One try that fails, one whose signature verifies, and the two that were wanted.
    expect(asked).toEqual([CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS]);
  });

  it('does not take a way whose signatures do not verify', async () => {
    // A token that pads with another salt than it was told.
    const { token } = tokenThat(({ mechanism }, data) =>
      mechanism === CKM_RSA_PKCS_PSS
        ? Buffer.alloc(256, 1)
        : sign('sha256', data, { key: rsa.privateKey, ...pss }),
    );
    const signer = new TokenSigner(new Set([CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS]));
    const { mechanism } = await signer.find(token, 'RSA_PSS_SHA256', signingKey(rsa.publicKey));
    expect(mechanism.mechanism).toBe(CKM_SHA256_RSA_PKCS_PSS);
  });

  it('says of each way why it does not work', async () => {
    const { token } = tokenThat(({ mechanism }) =>
      mechanism === CKM_ECDSA ? Buffer.alloc(64, 1) : fails('CKR_KEY_FUNCTION_NOT_PERMITTED:104')(),
    );
    const signer = new TokenSigner(new Set([CKM_ECDSA, CKM_ECDSA_SHA256]));
    const signing = signer.sign(token, 'ECDSA_SHA256', signingKey(ec('P-256').publicKey), message);
    await expect(signing).rejects.toMatchObject({
      code: 'provider-incapable',
      message:
        'the token does not sign by ECDSA_SHA256: tried CKM_ECDSA: the signature does not verify; CKM_ECDSA_SHA256: CKR_KEY_FUNCTION_NOT_PERMITTED',
    });
    const none = new TokenSigner(new Set()).sign(token, 'ECDSA_SHA256', signingKey(rsa.publicKey), message);
    await expect(none).rejects.toThrow(/^the token does not sign by ECDSA_SHA256$/);
  });

  it('does not take the loss of the token for a way that does not work', async () => {
    const { token, asked } = tokenThat(fails('CKR_DEVICE_REMOVED'));
    const signer = new TokenSigner(new Set([CKM_ECDSA, CKM_ECDSA_SHA256]));
    const signing = () => signer.sign(token, 'ECDSA_SHA256', signingKey(rsa.publicKey), message);
    expect(await returnValue(signing)).toBe('CKR_DEVICE_REMOVED');
    expect(asked).toEqual([CKM_ECDSA]);
  });

  it('proves that a key is the one that it should be', async () => {
    const { token } = tokenThat((_, data) => sign('sha256', data, rsa.privateKey));
    const signer = new TokenSigner(new Set([CKM_SHA256_RSA_PKCS]));
    await signer.prove(token, 'RSA_PKCS1_SHA256', signingKey(rsa.publicKey));
    const another = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await expect(
      signer.prove(token, 'RSA_PKCS1_SHA256', signingKey(another.publicKey)),
    ).rejects.toMatchObject({
      code: 'provider-incapable',
    });
  });
});
