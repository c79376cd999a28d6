import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { attributes } from '#adapters/pkcs11/constants.ts';
import type { Attribute, Mechanism } from '#adapters/pkcs11/cryptoki.ts';
import { wrapByRfc5649 } from '#adapters/pkcs11/key-wrap.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import type { TokenSession } from '#adapters/pkcs11/operations.ts';
import { fails, fakeCryptoki, handle } from './fake-cryptoki.ts';

const hashNames = new Map<number, string>([
  [0x220, 'sha1'],
  [0x250, 'sha256'],
]);

/**
 * A token that SoftHSM is not: it wraps by RFC 5649 under the number that it is given, and by OAEP with the hashes that it is
 * given, with real cryptography. It refuses a wrapping key that is not made to wrap.
 */
export function wrappingToken(keyWrap: number, oaepHashes: readonly string[]) {
  const objects = new Map<number, Map<number, Attribute['value']>>();
  const wrapped: Buffer[] = [];
  const add = (template: readonly Attribute[]) => {
    const number = objects.size + 10;
    objects.set(number, new Map(template.map(({ type, value }) => [type, value])));
    return handle(number);
  };
  const bytesOf = (object: Buffer, type: number): Buffer => {
    const value = objects.get(object[0] ?? 0)?.get(type);
    return Buffer.isBuffer(value) ? value : fails('CKR_KEY_HANDLE_INVALID')();
  };
  const wrapBy = ({ mechanism, parameter }: Mechanism, wrapper: Buffer, key: Buffer): Buffer => {
    const value = bytesOf(key, attributes.CKA_VALUE);
    if (objects.get(wrapper[0] ?? 0)?.get(attributes.CKA_WRAP) !== true)
      fails('CKR_KEY_FUNCTION_NOT_PERMITTED')();
    if (mechanism === keyWrap)
      return Buffer.from(wrapByRfc5649(bytesOf(wrapper, attributes.CKA_VALUE), value));
    const oaep = parameter !== undefined && 'source' in parameter ? parameter : undefined;
    const oaepHash = hashNames.get(oaep?.hashAlg ?? 0) ?? '';
    if (mechanism !== mechanisms.CKM_RSA_PKCS_OAEP || !oaepHashes.includes(oaepHash))
      fails('CKR_MECHANISM_PARAM_INVALID')();
    const n = bytesOf(wrapper, attributes.CKA_MODULUS).toString('base64url');
    const e = bytesOf(wrapper, attributes.CKA_PUBLIC_EXPONENT).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    return publicEncrypt({ key: publicKey, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, value);
  };
  const cryptoki = fakeCryptoki({
    C_CreateObject: (_session, template) => add(template),
    C_GenerateKeyAsync: async (_session, _mechanism, template) =>
      add([...template, { type: attributes.CKA_VALUE, value: randomBytes(32) }]),
    C_WrapKeyAsync: async (_session, mechanism, wrapper, key) => {
      const bytes = wrapBy(mechanism, wrapper, key);
      wrapped.push(bytes);
      return bytes;
    },
    C_DestroyObject: (_session, object) => {
      objects.delete(object[0] ?? 0);
    },
  });
  const token: TokenSession = { cryptoki, session: handle(1) };
  return { token, add, wrapped, objects };
}
