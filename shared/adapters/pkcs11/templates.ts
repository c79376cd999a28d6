import { der, encodeDer } from '#crypto/asn1.ts';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import type { Purpose } from '#domain/purpose.ts';
import { attributes, keyTypes, mechanisms, objectClasses } from './constants.ts';
import type { Attribute } from './cryptoki.ts';

type AttributeName = keyof typeof attributes;
type Values = Partial<Record<AttributeName, Attribute['value']>>;

/** A template from attribute names and values. */
export function template(values: Values): Attribute[] {
  const names = Object.keys(attributes).filter((name): name is AttributeName => name in values);
  return names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ type: attributes[name], value }];
  });
}

/** What every secret key of ours is: private, never shown, never let out. */
const guarded = { CKA_PRIVATE: true, CKA_SENSITIVE: true, CKA_EXTRACTABLE: false } as const;

/** The custody key: AES-256 that wraps and unwraps, and does nothing else (a key that decrypts could unwrap in clear). */
export function custodyKeyTemplate(label: string, id: Buffer): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_SECRET_KEY,
    CKA_KEY_TYPE: keyTypes.CKK_AES,
    CKA_VALUE_LEN: 32,
    CKA_TOKEN: true,
    ...guarded,
    CKA_LABEL: label,
    CKA_ID: id,
    CKA_WRAP: true,
    CKA_UNWRAP: true,
    CKA_ENCRYPT: false,
    CKA_DECRYPT: false,
    CKA_SIGN: false,
    CKA_VERIFY: false,
  });
}

/** A key for HMAC-SHA256 that computes MACs only. */
export function macKeyTemplate(label: string, id: Buffer): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_SECRET_KEY,
    CKA_KEY_TYPE: keyTypes.CKK_GENERIC_SECRET,
    CKA_VALUE_LEN: 32,
    CKA_TOKEN: true,
    ...guarded,
    CKA_LABEL: label,
    CKA_ID: id,
    CKA_SIGN: true,
    CKA_VERIFY: false,
    CKA_ENCRYPT: false,
    CKA_DECRYPT: false,
    CKA_WRAP: false,
    CKA_UNWRAP: false,
    CKA_DERIVE: false,
  });
}

/** A transport key brought from outside for one export: it wraps, and is gone with its session. */
export function transportKeyTemplate(value: Buffer): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_SECRET_KEY,
    CKA_KEY_TYPE: keyTypes.CKK_AES,
    CKA_VALUE: value,
    CKA_TOKEN: false,
    ...guarded,
    CKA_WRAP: true,
    CKA_UNWRAP: false,
    CKA_ENCRYPT: false,
    CKA_DECRYPT: false,
  });
}

/** What differs between key pairs. */
export interface KeyPairUse {
  /** Stands in the token, and never leaves; otherwise a session object that can be wrapped. */
  resident?: { label: string; id: Buffer };
  purpose: Purpose;
}

/** The mechanism and the templates that make a key pair of a spec. */
export function keyPairTemplates(spec: KeySpec, use: KeyPairUse) {
  const facts = keySpecs[spec];
  const name = use.resident ? { CKA_LABEL: use.resident.label, CKA_ID: use.resident.id } : {};
  const token = use.resident !== undefined;
  const encryption = use.purpose === 'encryption';
  const rsa = facts.kind === 'rsa';
  return {
    mechanism: rsa ? mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN : mechanisms.CKM_EC_KEY_PAIR_GEN,
    publicTemplate: template({
      CKA_CLASS: objectClasses.CKO_PUBLIC_KEY,
      CKA_KEY_TYPE: rsa ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
      CKA_TOKEN: token,
      ...name,
      CKA_VERIFY: true,
      ...(facts.kind === 'rsa'
        ? { CKA_MODULUS_BITS: facts.modulusBits, CKA_PUBLIC_EXPONENT: Buffer.of(1, 0, 1) }
        : { CKA_EC_PARAMS: curveParameters(facts.curveOid) }),
    }),
    privateTemplate: template({
      CKA_CLASS: objectClasses.CKO_PRIVATE_KEY,
      CKA_KEY_TYPE: rsa ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
      CKA_TOKEN: token,
      CKA_PRIVATE: true,
      CKA_SENSITIVE: true,
      CKA_EXTRACTABLE: !token,
      ...name,
      // Each key signs its own request; only one for encryption opens messages.
      CKA_SIGN: true,
      CKA_DECRYPT: rsa && encryption,
      CKA_DERIVE: !rsa && encryption,
      CKA_UNWRAP: false,
    }),
  };
}

/** A private key unwrapped for an export: a session object that can be wrapped again, and does nothing else. */
export function unwrappedKeyTemplate(spec: KeySpec): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_PRIVATE_KEY,
    CKA_KEY_TYPE: keySpecs[spec].kind === 'rsa' ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
    CKA_TOKEN: false,
    CKA_PRIVATE: true,
    CKA_SENSITIVE: true,
    CKA_EXTRACTABLE: true,
    CKA_SIGN: false,
    CKA_DECRYPT: false,
  });
}

/** CKA_EC_PARAMS of a named curve: its object identifier in DER (PKCS#11 curves 2.40 section 2.3.3). */
export function curveParameters(curveOid: string): Buffer {
  return Buffer.from(encodeDer(der.oid(curveOid)));
}
