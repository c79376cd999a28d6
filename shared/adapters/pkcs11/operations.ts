import { attributes } from './constants.ts';
import type { Attribute, Cryptoki, Handle, Mechanism } from './cryptoki.ts';
import { returnValueOf } from './errors.ts';
import { paceOf } from './signing-pace.ts';

/** One session of a token, lent to one caller. */
export interface TokenSession {
  cryptoki: Cryptoki;
  session: Handle;
}

export interface KeyPairHandles {
  publicKey: Handle;
  privateKey: Handle;
}

// More than the PKCS#8 of an RSA-4096 key (some 2,400 bytes) with its wrapping.
const wrappedLimit = 8_192;

// The binding's threads read and write these buffers and hold no reference to them: until an operation is over they are
// held here, so that the garbage collector cannot give their memory away meanwhile.
const inFlight = new Set<readonly unknown[]>();

async function holding<T>(operands: readonly unknown[], work: () => Promise<T>): Promise<T> {
  inFlight.add(operands);
  try {
    return await work();
  } finally {
    inFlight.delete(operands);
  }
}

/** A copy that nobody else changes. One byte longer beneath: of nothing at all a token would get a null pointer. */
function ownCopy(data: Uint8Array): Buffer {
  const copy = Buffer.alloc(data.length + 1);
  copy.set(data);
  return copy.subarray(0, data.length);
}

/** Signs, or computes a MAC: off the event loop, unless that would take longer than the token. @returns a copy of its own */
export async function sign(
  token: TokenSession,
  mechanism: Mechanism,
  key: Handle,
  data: Uint8Array,
): Promise<Uint8Array> {
  const { cryptoki, session } = token;
  const input = ownCopy(data);
  const output = Buffer.alloc(1_024);
  const pace = paceOf(cryptoki, mechanism.mechanism, input.length);
  const waits = pace?.waits === true;
  const start = performance.now();
  cryptoki.C_SignInit(session, mechanism, key);
  const signature = waits
    ? cryptoki.C_Sign(session, input, output)
    : await holding([session, input, output], () => cryptoki.C_SignAsync(session, input, output));
  pace?.took(performance.now() - start, waits);
  return new Uint8Array(signature);
}

/** Makes a secret key, off the event loop. */
export function generateKey(token: TokenSession, mechanism: number, template: Attribute[]): Promise<Handle> {
  const { cryptoki, session } = token;
  return holding([session, template], () => cryptoki.C_GenerateKeyAsync(session, { mechanism }, template));
}

/** Makes a key pair, off the event loop: RSA-3072 takes most of a second. */
export function generateKeyPair(
  token: TokenSession,
  mechanism: number,
  publicTemplate: Attribute[],
  privateTemplate: Attribute[],
): Promise<KeyPairHandles> {
  const { cryptoki, session } = token;
  return holding([session, publicTemplate, privateTemplate], () =>
    cryptoki.C_GenerateKeyPairAsync(session, { mechanism }, publicTemplate, privateTemplate),
  );
}

/** Wraps a key under another, off the event loop. @returns a copy of its own */
export async function wrapKey(
  token: TokenSession,
  mechanism: Mechanism,
  wrappingKey: Handle,
  key: Handle,
): Promise<Uint8Array> {
  const { cryptoki, session } = token;
  const output = Buffer.alloc(wrappedLimit);
  const wrapped = await holding([session, output], () =>
    cryptoki.C_WrapKeyAsync(session, mechanism, wrappingKey, key, output),
  );
  return new Uint8Array(wrapped);
}

/** Unwraps a key to an object of the template, off the event loop. */
export function unwrapKey(
  token: TokenSession,
  mechanism: Mechanism,
  unwrappingKey: Handle,
  wrapped: Uint8Array,
  template: Attribute[],
): Promise<Handle> {
  const { cryptoki, session } = token;
  const input = ownCopy(wrapped);
  return holding([session, input, template], () =>
    cryptoki.C_UnwrapKeyAsync(session, mechanism, unwrappingKey, input, template),
  );
}

/** Brings an object into the token. */
export function createObject(token: TokenSession, template: Attribute[]): Handle {
  return token.cryptoki.C_CreateObject(token.session, template);
}

/** All objects that match the template; those of other sessions of this process too. */
export function findObjects(token: TokenSession, template: Attribute[]): Handle[] {
  const { cryptoki, session } = token;
  cryptoki.C_FindObjectsInit(session, template);
  try {
    const found: Handle[] = [];
    for (;;) {
      const some = cryptoki.C_FindObjects(session, 16);
      if (some.length === 0) return found;
      found.push(...some);
    }
  } finally {
    cryptoki.C_FindObjectsFinal(session);
  }
}

/** One attribute of an object, as its bytes. */
export function readAttribute(token: TokenSession, object: Handle, type: number): Buffer {
  const [attribute] = token.cryptoki.C_GetAttributeValue(token.session, object, [{ type }]);
  return attribute?.value ?? Buffer.alloc(0);
}

/** A CK_BBOOL attribute: one byte, not zero. */
export function readFlag(token: TokenSession, object: Handle, type: number): boolean {
  return readAttribute(token, object, type).some((byte) => byte !== 0);
}

/** Changes the label of an object. */
export function setLabel(token: TokenSession, object: Handle, label: string): void {
  token.cryptoki.C_SetAttributeValue(token.session, object, [{ type: attributes.CKA_LABEL, value: label }]);
}

/** Destroys objects; those that are gone already are passed over. */
export function destroyObjects(token: TokenSession, objects: readonly Handle[]): void {
  for (const object of objects) {
    try {
      token.cryptoki.C_DestroyObject(token.session, object);
    } catch (error) {
      if (returnValueOf(error) !== 'CKR_OBJECT_HANDLE_INVALID') throw error;
    }
  }
}
