import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import type { ExportableKeyPair, ExportableKeys, KeyContext } from '#ports/key-provider.ts';
import { encodeKeyContext } from '../key-context.ts';
import { finishPrivateKeyInfo } from '../private-key-info.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import type { EphemeralRsaKey } from './ephemeral-rsa-key.ts';
import type { ExportWay } from './export-ways.ts';
import { mechanisms } from './mechanisms.ts';
import {
  destroyObjects,
  generateKeyPair,
  sign,
  type TokenSession,
  unwrapKey,
  wrapKey,
} from './operations.ts';
import { readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import type { SessionPool } from './session-pool.ts';
import { keyPairTemplates, unwrappedKeyTemplate } from './templates.ts';

export interface ExportableKeySettings {
  cryptoki: Cryptoki;
  pool: SessionPool;
  specs: readonly KeySpec[];
  /** How a key is taken out; its `keyWrap` wraps at rest too. */
  exportWay: ExportWay;
  ephemeralKey: EphemeralRsaKey;
  /** Wraps and unwraps; never leaves the token. */
  custodyKey: Handle;
  /** Binds a wrapped key to its context; never leaves the token. */
  bindingKey: Handle;
}

const version = 1;
const tagLength = 32;
const headLength = 2 + tagLength;
const label = 'escrow pkcs11 exportable key';

/**
 * Exportable keys, made in the token as session objects and wrapped at rest under the custody key by RFC 5649.
 *
 * That wrapping takes no associated data, so the context is bound beside it: an HMAC-SHA256 by a token key over the
 * context, the spec and the wrapped key stands before it and is verified, in constant time, before anything is
 * unwrapped. A wrapped key is: version (1 byte), spec (1), HMAC (32), wrapped PrivateKeyInfo.
 *
 * Whichever mechanism RFC 5649 has on the token, the bytes are the same (node:crypto has opened them), so what was wrapped
 * under one opens under another.
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
  const make = keyPairTemplates(spec, { purpose: context.purpose, resident: false });
  const pair = await generateKeyPair(token, make.mechanism, make.publicTemplate, make.privateTemplate);
  try {
    const publicKey = readPublicKey(token, pair.publicKey, spec);
    const body = await wrapKey(token, settings.exportWay.keyWrap, settings.custodyKey, pair.privateKey);
    const wrapped = Buffer.concat([
      Buffer.of(version, keySpecNames.indexOf(spec)),
      await bindingTag(token, settings, spec, context, body),
      body,
    ]);
    const privateKey = await takeOut(token, settings, pair.privateKey, publicKey);
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
  const into = unwrappedKeyTemplate(spec);
  const privateKey = await unwrapKey(token, settings.exportWay.keyWrap, settings.custodyKey, body, into);
  try {
    return await takeOut(token, settings, privateKey);
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
  return sign(token, { mechanism: mechanisms.CKM_SHA256_HMAC }, settings.bindingKey, message);
}

async function takeOut(
  token: TokenSession,
  { exportWay, ephemeralKey }: ExportableKeySettings,
  privateKey: Handle,
  publicKey?: KeyObject,
): Promise<Secret> {
  return finishPrivateKeyInfo(await exportWay.take(token, privateKey, ephemeralKey), publicKey);
}
