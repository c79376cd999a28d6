import { attributes, keyTypes, objectClasses } from '#adapters/pkcs11/constants.ts';
import type { Attribute, Cryptoki, Handle, Mechanism } from '#adapters/pkcs11/cryptoki.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { readAttribute } from '#adapters/pkcs11/operations.ts';
import { template } from '#adapters/pkcs11/templates.ts';
import type { Deviation } from './deviating-token.ts';
import { fails } from './fake-cryptoki.ts';

/**
 * SoftHSM that answers as the documents of other vendors say of their tokens (`docs/tokens.md` has the sources). What they
 * leave open is as in SoftHSM: so this shows that the service meets what is written, and not that it works on hardware.
 */

const { CKM_AES_KEY_GEN, CKM_AES_KEY_WRAP_PAD, CKM_GENERIC_SECRET_KEY_GEN } = mechanisms;
const { CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, CKM_AES_KWP, CKM_SHA256_HMAC, CKM_NC_SHA256_HMAC_KEY_GEN } =
  mechanisms;

type Name = keyof typeof attributes;

function valueIn(given: readonly Attribute[], name: Name): Attribute['value'] | undefined {
  return given.find(({ type }) => type === attributes[name])?.value;
}

function names(given: readonly Attribute[], ...wanted: Name[]): boolean {
  return wanted.some((name) => valueIn(given, name) !== undefined);
}

/** RFC 5649 under a number of the vendor's own, with the parameter that it wants. */
function keyWrapAs(real: Cryptoki, number: number, wanted?: Buffer) {
  const ours = ({ mechanism, parameter }: Mechanism): Mechanism => {
    if (mechanism === CKM_AES_KEY_WRAP_PAD) fails('CKR_MECHANISM_INVALID')();
    if (mechanism !== number) return { mechanism, ...(parameter !== undefined && { parameter }) };
    const given = Buffer.isBuffer(parameter) ? parameter : Buffer.alloc(0);
    if (!given.equals(wanted ?? Buffer.alloc(0))) fails('CKR_MECHANISM_PARAM_INVALID')();
    return { mechanism: CKM_AES_KEY_WRAP_PAD };
  };
  return {
    C_GetMechanismList: (slot) => [
      ...real.C_GetMechanismList(slot).filter((each) => each !== CKM_AES_KEY_WRAP_PAD),
      number,
    ],
    C_WrapKeyAsync: async (session, mechanism, ...operands) =>
      real.C_WrapKeyAsync(session, ours(mechanism), ...operands),
    C_UnwrapKeyAsync: async (session, mechanism, ...operands) =>
      real.C_UnwrapKeyAsync(session, ours(mechanism), ...operands),
  } satisfies Partial<Cryptoki>;
}

const hmacKeyLength = 33;

/** As SoftHSM takes it, a generic secret; of a length by which the keys are told from those that were asked for as such. */
function hmacKey(real: Cryptoki, session: Handle, given: readonly Attribute[]): Promise<Handle> {
  const asItIs = given.filter(
    ({ type }) => type !== attributes.CKA_KEY_TYPE && type !== attributes.CKA_VALUE_LEN,
  );
  const generic = template({ CKA_KEY_TYPE: keyTypes.CKK_GENERIC_SECRET, CKA_VALUE_LEN: hmacKeyLength });
  return real.C_GenerateKeyAsync(session, { mechanism: CKM_GENERIC_SECRET_KEY_GEN }, [...asItIs, ...generic]);
}

/** AWS CloudHSM: labels stay as they are, and every attribute that a kind of key does not have is refused. */
export const cloudHsm: Deviation = (real) => {
  const wrapping = keyWrapAs(real, CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD);
  const check = (given: readonly Attribute[]) => {
    if (valueIn(given, 'CKA_PRIVATE') === false) fails('CKR_TEMPLATE_INCONSISTENT')();
  };
  return {
    ...wrapping,
    C_SetAttributeValue: fails('CKR_FUNCTION_NOT_SUPPORTED'),
    C_CopyObject: fails('CKR_FUNCTION_NOT_SUPPORTED'),
    C_CreateObject: (session, given) => {
      check(given);
      return real.C_CreateObject(session, given);
    },
    C_GenerateKeyAsync: async (session, mechanism, given) => {
      const generic = valueIn(given, 'CKA_KEY_TYPE') === keyTypes.CKK_GENERIC_SECRET;
      if (generic && names(given, 'CKA_ENCRYPT', 'CKA_DECRYPT', 'CKA_WRAP', 'CKA_UNWRAP', 'CKA_DERIVE'))
        fails('CKR_TEMPLATE_INCONSISTENT')();
      return real.C_GenerateKeyAsync(session, mechanism, given);
    },
    C_GenerateKeyPairAsync: async (session, mechanism, publicTemplate, privateTemplate) => {
      check(publicTemplate);
      return real.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, privateTemplate);
    },
    C_UnwrapKeyAsync: async (session, mechanism, key, wrapped, given) => {
      const isEc = valueIn(given, 'CKA_KEY_TYPE') === keyTypes.CKK_EC;
      if (isEc && names(given, 'CKA_DECRYPT', 'CKA_UNWRAP')) fails('CKR_TEMPLATE_INCONSISTENT')();
      return wrapping.C_UnwrapKeyAsync(session, mechanism, key, wrapped, given);
    },
  };
};

/** YubiHSM 2: every key stands in the token, there is no RFC 5649, and a key for HMAC has a type of its own and no length. */
export const yubiHsm: Deviation = (real) => {
  const check = (given: readonly Attribute[]) => {
    if (valueIn(given, 'CKA_TOKEN') === false) fails('CKR_ATTRIBUTE_VALUE_INVALID')();
  };
  return {
    C_GetMechanismList: (slot) =>
      real
        .C_GetMechanismList(slot)
        .filter((each) => each !== CKM_AES_KEY_GEN && each !== CKM_AES_KEY_WRAP_PAD),
    C_GenerateKeyAsync: async (session, _mechanism, given) => {
      if (valueIn(given, 'CKA_KEY_TYPE') !== keyTypes.CKK_SHA256_HMAC) fails('CKR_ATTRIBUTE_VALUE_INVALID')();
      if (names(given, 'CKA_VALUE_LEN')) fails('CKR_ATTRIBUTE_TYPE_INVALID')();
      check(given);
      return hmacKey(real, session, given);
    },
    C_GenerateKeyPairAsync: async (session, mechanism, publicTemplate, privateTemplate) => {
      check(publicTemplate);
      check(privateTemplate);
      return real.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, privateTemplate);
    },
  };
};

/** Entrust nShield: generic secrets compute no HMAC, and the keys that do are made by a mechanism of its own. */
export function nShield(wantsLength: boolean): Deviation {
  return (real) => ({
    C_GetMechanismList: (slot) => [...real.C_GetMechanismList(slot), CKM_NC_SHA256_HMAC_KEY_GEN],
    C_GenerateKeyAsync: async (session, mechanism, given) => {
      if (mechanism.mechanism !== CKM_NC_SHA256_HMAC_KEY_GEN) {
        return real.C_GenerateKeyAsync(session, mechanism, given);
      }
      if (names(given, 'CKA_VALUE_LEN') !== wantsLength) fails('CKR_TEMPLATE_INCONSISTENT')();
      return hmacKey(real, session, given);
    },
    C_SignInit: (session, mechanism, key) => {
      const length = () => readAttribute({ cryptoki: real, session }, key, attributes.CKA_VALUE_LEN)[0];
      if (mechanism.mechanism === CKM_SHA256_HMAC && length() !== hmacKeyLength)
        fails('CKR_KEY_TYPE_INCONSISTENT')();
      real.C_SignInit(session, mechanism, key);
    },
  });
}

/** Thales Luna in Key Export mode, where CKM_AES_KWP wants the parameter that samples give it, or does not take it. */
export function luna(wanted?: Buffer): Deviation {
  return (real) => keyWrapAs(real, CKM_AES_KWP, wanted);
}

/** A token whose private keys all stand in it; other keys may be session objects. */
export const withoutSessionPrivateKeys: Deviation = (real) => {
  const check = (given: readonly Attribute[]) => {
    const isPrivateKey = valueIn(given, 'CKA_CLASS') === objectClasses.CKO_PRIVATE_KEY;
    if (isPrivateKey && valueIn(given, 'CKA_TOKEN') === false) fails('CKR_ATTRIBUTE_VALUE_INVALID')();
  };
  return {
    C_GenerateKeyPairAsync: async (session, mechanism, publicTemplate, privateTemplate) => {
      check(privateTemplate);
      return real.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, privateTemplate);
    },
    C_UnwrapKeyAsync: async (session, mechanism, key, wrapped, given) => {
      check(given);
      return real.C_UnwrapKeyAsync(session, mechanism, key, wrapped, given);
    },
  };
};
