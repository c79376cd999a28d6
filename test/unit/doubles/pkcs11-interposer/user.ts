import type { Attribute, Cryptoki, Handle } from '#adapters/pkcs11/cryptoki.ts';
import { openModule } from '#adapters/pkcs11/module.ts';

// Numbers of PKCS#11 2.40, by their names there.
export const CKF_SERIAL_SESSION = 0x4;
const CKF_RW_SESSION = 0x2;
const CKF_TOKEN_INITIALIZED = 0x400;
const CKU_USER = 1;
const CKM_EC_KEY_PAIR_GEN = 0x1040;
export const CKM_ECDSA = 0x1041;
const CKA_TOKEN = 0x1;
const CKA_PRIVATE = 0x2;
const CKA_LABEL = 0x3;
const CKA_SIGN = 0x108;
const CKA_EC_PARAMS = 0x180;
/** The object identifier of P-256, in DER. */
const p256 = Buffer.from('06082a8648ce3d030107', 'hex');

/** What a user needs to find the token and to log in. */
export interface UserSettings {
  module: string;
  environment: Readonly<Record<string, string>>;
  pin: string;
}

/** Somebody who works on a token by plain calls, in this process. */
export interface TokenUser {
  cryptoki: Cryptoki;
  slot: Handle;
  session: Handle;
  /** Makes a P-256 key pair of that label, in the session or to stay in the token. @returns the private key */
  make(label: string, stays?: boolean): Promise<Handle>;
  sign(key: Handle): Promise<Buffer>;
  leave(): void;
}

/** Loads the library, opens a session on the only token and logs in. */
export async function userOf({ module: file, environment, pin }: UserSettings): Promise<TokenUser> {
  const module = await openModule(file, environment);
  const { cryptoki } = module;
  try {
    const slot = tokenSlot(cryptoki);
    const session = cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    cryptoki.C_Login(session, CKU_USER, pin);
    return {
      ...{ cryptoki, slot, session },
      make: (label, stays = false) => makeKey(cryptoki, session, label, stays),
      sign: (key) => signDigest(cryptoki, session, key),
      leave: module.release,
    };
  } catch (error) {
    module.release();
    throw error;
  }
}

/** SoftHSM shows one more slot, whose token is not initialized. */
function tokenSlot(cryptoki: Cryptoki): Handle {
  const isReady = (slot: Handle) => (cryptoki.C_GetTokenInfo(slot).flags & CKF_TOKEN_INITIALIZED) !== 0;
  const slot = cryptoki.C_GetSlotList(true).find(isReady);
  if (slot === undefined) throw new TypeError('no slot has a token');
  return slot;
}

async function makeKey(cryptoki: Cryptoki, session: Handle, label: string, stays: boolean): Promise<Handle> {
  const common: Attribute[] = [
    { type: CKA_TOKEN, value: stays },
    { type: CKA_LABEL, value: label },
  ];
  const { privateKey } = await cryptoki.C_GenerateKeyPairAsync(
    session,
    { mechanism: CKM_EC_KEY_PAIR_GEN },
    [...common, { type: CKA_EC_PARAMS, value: p256 }],
    [...common, { type: CKA_PRIVATE, value: true }, { type: CKA_SIGN, value: true }],
  );
  return privateKey;
}

/** Held where the garbage collector sees them: the binding holds no reference to what its threads work on. */
const digest = Buffer.alloc(32, 7);
const signature = Buffer.alloc(64);

function signDigest(cryptoki: Cryptoki, session: Handle, key: Handle): Promise<Buffer> {
  cryptoki.C_SignInit(session, { mechanism: CKM_ECDSA }, key);
  return cryptoki.C_SignAsync(session, digest, signature);
}

/** How many keys of that label stay in the token. */
export function keysLabelled({ cryptoki, session }: TokenUser, label: string): number {
  cryptoki.C_FindObjectsInit(session, [
    { type: CKA_LABEL, value: label },
    { type: CKA_TOKEN, value: true },
  ]);
  const found = cryptoki.C_FindObjects(session, 16);
  cryptoki.C_FindObjectsFinal(session);
  return found.length;
}

/** How a call ended: `CKR_OK`, or what it failed with. */
export async function resultOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'CKR_OK';
  } catch (error) {
    return /CKR_\w+/.exec(String(error))?.[0] ?? String(error);
  }
}
