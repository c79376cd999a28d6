import { createDecipheriv, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import type { ExportableKeyPair, ExportableKeys, KeyContext } from '#ports/key-provider.ts';
import { encodeKeyContext } from '../key-context.ts';
import { mechanisms } from './constants.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import {
  destroyObjects,
  generateKeyPair,
  sign,
  type TokenSession,
  unwrapKey,
  wrapKey,
} from './operations.ts';
import { finishPrivateKeyInfo } from './private-key-info.ts';
import { readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import type { SessionPool } from './session-pool.ts';
import { keyPairTemplates, transportKeyTemplate, unwrappedKeyTemplate } from './templates.ts';

export interface ExportableKeySettings {
  cryptoki: Cryptoki;
  pool: SessionPool;
  specs: readonly KeySpec[];
  wrapMechanism: number;
  /** Wraps and unwraps; never leaves the token. */
  custodyKey: Handle;
  /** Binds a wrapped key to its context; never leaves the token. */
  bindingKey: Handle;
}

const version = 1;
const tagLength = 32;
const headLength = 2 + tagLength;
/** RFC 5649 section 3: the alternative initial value, which node:crypto wants to be told. */
const alternativeInitialValue = Buffer.from('a65959a6', 'hex');
const label = 'escrow pkcs11 exportable key';

/**
 * Exportable keys, made in the token as session objects and wrapped at rest under the custody key by RFC 5649.
 *
 * That wrapping takes no associated data, so the context is bound beside it: an HMAC-SHA256 by a token key over the
 * context, the spec and the wrapped key stands before it and is verified, in constant time, before anything is
 * unwrapped. A wrapped key is: version (1 byte), spec (1), HMAC (32), wrapped PrivateKeyInfo.
 *
 * Into memory a key comes under a transport key: 256 random bits, brought into the token for this one export as a
 * session object that only wraps; then node:crypto opens what it wrapped. The transport key is erased here and destroyed
 * there (the binding's own copy of the template is freed, not overwritten).
 */
export function tokenExportableKeys(settings: ExportableKeySettings): ExportableKeys {
  const use = <T>(work: (token: TokenSession) => Promise<T>) =>
    settings.pool.use((session) => work({ cryptoki: settings.cryptoki, session }));

  return {
    specs: settings.specs,

    async generate(spec, context) {
      if (!settings.specs.includes(spec)) {
        throw new ProviderError('provider-incapable', { why: `the token makes no key of spec ${spec}` });
      }
      return use((token) => generate(token, settings, spec, context));
    },

    unwrap: (wrapped, context) => use((token) => unwrap(token, settings, wrapped, context)),
  };
}

async function generate(
  token: TokenSession,
  settings: ExportableKeySettings,
  spec: KeySpec,
  context: KeyContext,
): Promise<ExportableKeyPair> {
  const make = keyPairTemplates(spec, { purpose: context.purpose });
  const pair = await generateKeyPair(token, make.mechanism, make.publicTemplate, make.privateTemplate);
  try {
    const publicKey = readPublicKey(token, pair.publicKey, spec);
    const { wrapMechanism, custodyKey } = settings;
    const body = await wrapKey(token, wrapMechanism, custodyKey, pair.privateKey);
    const wrapped = Buffer.concat([
      Buffer.of(version, keySpecNames.indexOf(spec)),
      await bindingTag(token, settings, spec, context, body),
      body,
    ]);
    const privateKey = await exportPrivateKey(token, settings, pair.privateKey, publicKey);
    return { publicKey: subjectPublicKeyInfo(publicKey), privateKey, wrapped };
  } finally {
    destroyObjects(token, [pair.privateKey, pair.publicKey]);
  }
}

async function unwrap(
  token: TokenSession,
  settings: ExportableKeySettings,
  wrapped: Uint8Array,
  context: KeyContext,
): Promise<Secret> {
  const spec = keySpecNames[wrapped[1] ?? keySpecNames.length];
  if (wrapped[0] !== version || spec === undefined || wrapped.length <= headLength) {
    throw new ProviderError('wrapped-key-invalid');
  }
  const body = wrapped.subarray(headLength);
  const tag = await bindingTag(token, settings, spec, context, body);
  if (!timingSafeEqual(tag, wrapped.subarray(2, headLength))) throw new ProviderError('wrapped-key-invalid');
  const { wrapMechanism, custodyKey } = settings;
  const privateKey = await unwrapKey(token, wrapMechanism, custodyKey, body, unwrappedKeyTemplate(spec));
  try {
    return await exportPrivateKey(token, settings, privateKey);
  } finally {
    destroyObjects(token, [privateKey]);
  }
}

function bindingTag(
  token: TokenSession,
  settings: ExportableKeySettings,
  spec: KeySpec,
  context: KeyContext,
  body: Uint8Array,
): Promise<Uint8Array> {
  const message = Buffer.concat([encodeKeyContext(`${label} ${version} ${spec}`, context), body]);
  return sign(token, mechanisms.CKM_SHA256_HMAC, settings.bindingKey, message);
}

async function exportPrivateKey(
  token: TokenSession,
  settings: ExportableKeySettings,
  privateKey: Handle,
  publicKey?: KeyObject,
): Promise<Secret> {
  const transportKey = randomBytes(32);
  try {
    const handle = token.cryptoki.C_CreateObject(token.session, transportKeyTemplate(transportKey));
    try {
      const wrapped = await wrapKey(token, settings.wrapMechanism, handle, privateKey);
      return finishPrivateKeyInfo(openKeyWrap(transportKey, wrapped), publicKey);
    } finally {
      destroyObjects(token, [handle]);
    }
  } finally {
    transportKey.fill(0);
  }
}

/** Opens an RFC 5649 wrapping. OpenSSL gives the whole plaintext at once, and none if it was altered. */
function openKeyWrap(key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv('id-aes256-wrap-pad', key, alternativeInitialValue);
    const opened = decipher.update(wrapped);
    decipher.final();
    return opened;
  } catch (cause) {
    throw new ProviderError('provider-incapable', { why: 'the token does not wrap keys by RFC 5649', cause });
  }
}
