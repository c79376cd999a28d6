import { createHash, createPublicKey, verify } from 'node:crypto';
import { openPkcs11Provider, type Pkcs11Provider } from '#adapters/pkcs11/pkcs11-provider.ts';
import { createSoftHsmToken, type SoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import type { KeySpec, SignatureAlgorithm } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import type { ExportableKeys, KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { makeFolder } from '../pfx/yardsticks/folder.ts';

/** The kinds of keys that are measured. */
export const kinds = ['rsa', 'p256'] as const;
export type Kind = (typeof kinds)[number];

/** What signs on all sides: one key, resident in the token. */
export interface TokenKey {
  name: string;
  /** Its CKA_ID. */
  id: Buffer;
  spec: KeySpec;
  algorithm: SignatureAlgorithm;
  /** Names the CKM_ mechanism that signs what is not hashed any more. */
  mechanism: number;
  /** What that mechanism is given for the message: a DigestInfo (RFC 8017 section 9.2) or a digest. */
  data: Buffer;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
}

/** A token with a key of each kind, and our provider on it. */
export interface TokenSubject {
  token: SoftHsmToken;
  pin: Secret;
  provider: Pkcs11Provider;
  residentKeys: ResidentKeys;
  exportableKeys: ExportableKeys;
  keys: Readonly<Record<Kind, TokenKey>>;
  /** Adds the keys that an organization has there besides; once, however often it is called. */
  fill(): Promise<void>;
  close(): Promise<void>;
}

export const message = Buffer.from('what is signed');
export const context: KeyContext = {
  organization: 'bench',
  enrollmentId: 'bench',
  purpose: 'encryption',
};
/** How many keys a token has besides when it is full: those of a small organization. */
export const otherKeys = 250;
/** As many sessions as the provider has unless told. */
export const sessions = 8;

const digest = createHash('sha256').update(message).digest();
const sha256DigestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const facts = {
  rsa: {
    spec: 'RSA_2048',
    algorithm: 'RSA_PKCS1_SHA256',
    mechanism: 0x1,
    data: Buffer.concat([sha256DigestInfo, digest]),
  },
  p256: { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA256', mechanism: 0x1041, data: digest },
} as const;

/** A fresh SoftHSM token in a temporary folder. @throws ProviderError naming what to install if something is missing */
export async function makeTokenSubject(): Promise<TokenSubject> {
  await using opening = new AsyncDisposableStack();
  const folder = await makeFolder();
  opening.defer(() => folder.remove());
  const pin = Secret.fromText('1234');
  const soPin = Secret.fromText('12345678');
  const token = await createSoftHsmToken({ folder: folder.path('token'), label: 'bench', pin, soPin });
  // What is measured beside the service loads the library in this process, or in one that inherits from it.
  Object.assign(process.env, token.environment);
  const provider = await openPkcs11Provider({
    ...token,
    sessions,
    pin: async () => new Secret(Uint8Array.from(pin.bytes())),
  });
  opening.defer(() => provider.close());
  const { residentKeys, exportableKeys } = provider;
  if (residentKeys === undefined || exportableKeys === undefined) {
    throw new Error(`the token lacks what is measured: ${provider.describe().join('; ')}`);
  }
  const keys = { rsa: await makeKey(residentKeys, 'rsa'), p256: await makeKey(residentKeys, 'p256') };
  let filling: Promise<void> | undefined;
  const fill = () => {
    filling ??= makeOthers(residentKeys);
    return filling;
  };
  const opened = opening.move();
  const close = () => opened.disposeAsync();
  return { token, pin, provider, residentKeys, exportableKeys, keys, fill, close };
}

async function makeKey(residentKeys: ResidentKeys, kind: Kind): Promise<TokenKey> {
  const name = `bench.${kind}`;
  const publicKey = await residentKeys.generate(name, facts[kind].spec, context);
  return { ...facts[kind], name, id: createHash('sha256').update(name).digest(), publicKey };
}

async function makeOthers(residentKeys: ResidentKeys): Promise<void> {
  for (let i = 0; i < otherKeys; i++) {
    await residentKeys.generate(`bench.other.${i}`, 'ECC_NIST_P256', context);
  }
}

/** @throws Error if a signature is not the key's over the message; a comparison with another one would say nothing */
export function checkSignature(key: TokenKey, signature: Uint8Array, form: 'der' | 'ieee-p1363'): void {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  if (!verify('sha256', message, { key: publicKey, dsaEncoding: form }, signature)) {
    throw new Error(`a signature with ${key.name} does not verify`);
  }
}
