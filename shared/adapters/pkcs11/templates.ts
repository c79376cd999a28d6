import type { KeyObject } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import type { Purpose } from '#domain/purpose.ts';
import { attributes, keyTypes, objectClasses } from './constants.ts';
import type { Attribute } from './cryptoki.ts';
import { mechanisms } from './mechanisms.ts';

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

/** What a key that stands in the token goes by; a key without it is a session object, gone with its session. */
export interface Standing {
  label: string;
  id: Buffer;
}

function placeOf(standing: Standing | undefined): Values {
  return standing === undefined
    ? { CKA_TOKEN: false }
    : { CKA_TOKEN: true, CKA_LABEL: standing.label, CKA_ID: standing.id };
}

/** What every secret key of ours is: private, never shown, never let out. */
const guarded = { CKA_PRIVATE: true, CKA_SENSITIVE: true, CKA_EXTRACTABLE: false } as const;

/** The custody key: AES-256 that wraps and unwraps, and does nothing else (a key that decrypts could unwrap in clear). */
export function custodyKeyTemplate(standing?: Standing): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_SECRET_KEY,
    CKA_KEY_TYPE: keyTypes.CKK_AES,
    CKA_VALUE_LEN: 32,
    ...placeOf(standing),
    ...guarded,
    CKA_WRAP: true,
    CKA_UNWRAP: true,
    CKA_ENCRYPT: false,
    CKA_DECRYPT: false,
    CKA_SIGN: false,
    CKA_VERIFY: false,
  });
}

/** How a key for HMAC-SHA256 is asked for. */
export interface MacKeyForm {
  mechanism: number;
  keyType: 'CKK_GENERIC_SECRET' | 'CKK_SHA256_HMAC';
  /** Whether CKA_VALUE_LEN is given. */
  sized: boolean;
  /** Whether it is said of all other uses that they are not allowed. */
  refusing: boolean;
}

/** As PKCS#11 2.40 has it (section 2.8.2). */
export const usualMacKey: MacKeyForm = {
  mechanism: mechanisms.CKM_GENERIC_SECRET_KEY_GEN,
  keyType: 'CKK_GENERIC_SECRET',
  sized: true,
  refusing: true,
};

const noOtherUse = {
  CKA_ENCRYPT: false,
  CKA_DECRYPT: false,
  CKA_WRAP: false,
  CKA_UNWRAP: false,
  CKA_DERIVE: false,
} as const;

/** A key for HMAC-SHA256 that computes MACs only. */
export function macKeyTemplate(standing?: Standing, form = usualMacKey): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_SECRET_KEY,
    CKA_KEY_TYPE: keyTypes[form.keyType],
    ...(form.sized && { CKA_VALUE_LEN: 32 }),
    ...placeOf(standing),
    ...guarded,
    CKA_SIGN: true,
    CKA_VERIFY: false,
    ...(form.refusing && noOtherUse),
  });
}

/** What every transport key is: an AES-256 key that is gone with its session, and does one thing only. */
const transport = {
  CKA_CLASS: objectClasses.CKO_SECRET_KEY,
  CKA_KEY_TYPE: keyTypes.CKK_AES,
  CKA_TOKEN: false,
  CKA_PRIVATE: true,
  CKA_SENSITIVE: true,
  CKA_ENCRYPT: false,
  CKA_DECRYPT: false,
} as const;

/** A transport key brought from outside: what it wraps or unwraps, it does so under bytes that we know. */
export function broughtTransportKeyTemplate(value: Buffer, use: 'wrap' | 'unwrap'): Attribute[] {
  return template({
    ...transport,
    CKA_VALUE: value,
    CKA_EXTRACTABLE: false,
    CKA_WRAP: use === 'wrap',
    CKA_UNWRAP: use === 'unwrap',
  });
}

/** A transport key made in the token for one export. It leaves once, wrapped to our public key. */
export function madeTransportKeyTemplate(): Attribute[] {
  return template({
    ...transport,
    CKA_VALUE_LEN: 32,
    CKA_EXTRACTABLE: true,
    CKA_WRAP: true,
    CKA_UNWRAP: false,
  });
}

/**
 * Our own RSA public key, to which a token wraps; gone with its session. That it is not private is not said, here and below:
 * to AWS CloudHSM all keys are, and it refuses to be told otherwise.
 */
export function wrappingPublicKeyTemplate(modulus: Buffer, publicExponent: Buffer): Attribute[] {
  return template({
    CKA_CLASS: objectClasses.CKO_PUBLIC_KEY,
    CKA_KEY_TYPE: keyTypes.CKK_RSA,
    CKA_TOKEN: false,
    CKA_MODULUS: modulus,
    CKA_PUBLIC_EXPONENT: publicExponent,
    CKA_WRAP: true,
    CKA_ENCRYPT: false,
    CKA_VERIFY: false,
  });
}

/** What differs between key pairs. */
export interface KeyPairUse {
  purpose: Purpose;
  /** It never leaves. */
  resident: boolean;
  standing?: Standing | undefined;
}

/** The mechanism and the templates that make a key pair of a spec. */
export function keyPairTemplates(spec: KeySpec, use: KeyPairUse) {
  const facts = keySpecs[spec];
  const rsa = facts.kind === 'rsa';
  return {
    mechanism: rsa ? mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN : mechanisms.CKM_EC_KEY_PAIR_GEN,
    publicTemplate: template({
      CKA_CLASS: objectClasses.CKO_PUBLIC_KEY,
      CKA_KEY_TYPE: rsa ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
      ...placeOf(use.standing),
      CKA_VERIFY: true,
      ...(facts.kind === 'rsa'
        ? { CKA_MODULUS_BITS: facts.modulusBits, CKA_PUBLIC_EXPONENT: Buffer.of(1, 0, 1) }
        : { CKA_EC_PARAMS: curveParameters(facts.curveOid) }),
    }),
    privateTemplate: privateKeyTemplate(spec, use),
  };
}

/**
 * A private key that is made or unwrapped here. Each signs its own request, and only a resident one for encryption also opens
 * messages: of the others, those that leave do it elsewhere. CKA_DERIVE stands in the template only where it is wanted, as
 * there are tokens that know no such use of an EC key.
 */
export function privateKeyTemplate(spec: KeySpec, use: KeyPairUse): Attribute[] {
  const noUseOfEc = keySpecs[spec].kind === 'rsa' ? {} : { CKA_DECRYPT: false, CKA_UNWRAP: false };
  return [...tersePrivateKeyTemplate(spec, use), ...template(noUseOfEc)];
}

/**
 * As `privateKeyTemplate`, but without a word of what no EC key does: of one that is unwrapped, AWS CloudHSM knows no such
 * attributes. Another token may set them as it likes.
 */
export function tersePrivateKeyTemplate(spec: KeySpec, use: KeyPairUse): Attribute[] {
  const rsa = keySpecs[spec].kind === 'rsa';
  const opens = use.resident && use.purpose === 'encryption';
  return template({
    CKA_CLASS: objectClasses.CKO_PRIVATE_KEY,
    CKA_KEY_TYPE: rsa ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
    ...placeOf(use.standing),
    CKA_PRIVATE: true,
    CKA_SENSITIVE: true,
    CKA_EXTRACTABLE: !use.resident,
    CKA_SIGN: true,
    ...(rsa && { CKA_DECRYPT: opens, CKA_UNWRAP: false }),
    ...(!rsa && opens && { CKA_DERIVE: true }),
  });
}

/** The public half of a key that is brought in, beside its private half. */
export function publicKeyTemplate(spec: KeySpec, publicKey: KeyObject, use: KeyPairUse): Attribute[] {
  const facts = keySpecs[spec];
  const { n = '', e = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (field: string) => Buffer.from(field, 'base64url');
  // Uncompressed (SEC 1 section 2.3.3), in a DER OCTET STRING (PKCS#11 curves 2.40 section 2.3.3).
  const point = () => encodeDer(der.octetString(Buffer.concat([Buffer.of(4), bytes(x), bytes(y)])));
  return template({
    CKA_CLASS: objectClasses.CKO_PUBLIC_KEY,
    CKA_KEY_TYPE: facts.kind === 'rsa' ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
    ...placeOf(use.standing),
    CKA_VERIFY: true,
    ...(facts.kind === 'rsa'
      ? { CKA_MODULUS: bytes(n), CKA_PUBLIC_EXPONENT: bytes(e) }
      : { CKA_EC_PARAMS: curveParameters(facts.curveOid), CKA_EC_POINT: Buffer.from(point()) }),
  });
}

/** A private key unwrapped for an export: a session object that can be wrapped again, and does nothing else. */
export function unwrappedKeyTemplate(spec: KeySpec): Attribute[] {
  const rsa = keySpecs[spec].kind === 'rsa';
  return template({
    CKA_CLASS: objectClasses.CKO_PRIVATE_KEY,
    CKA_KEY_TYPE: rsa ? keyTypes.CKK_RSA : keyTypes.CKK_EC,
    CKA_TOKEN: false,
    CKA_PRIVATE: true,
    CKA_SENSITIVE: true,
    CKA_EXTRACTABLE: true,
    CKA_SIGN: false,
    ...(rsa && { CKA_DECRYPT: false }),
  });
}

/** CKA_EC_PARAMS of a named curve: its object identifier in DER (PKCS#11 curves 2.40 section 2.3.3). */
export function curveParameters(curveOid: string): Buffer {
  return Buffer.from(encodeDer(der.oid(curveOid)));
}
