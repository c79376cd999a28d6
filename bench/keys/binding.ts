import { Module } from 'graphene-pk11';
import { slotsOf } from '#adapters/pkcs11/token.ts';
import { checkSignature, type Kind, type TokenKey, type TokenSubject } from './subject.ts';

type Library = Module['lib'];

// Numbers of PKCS#11 2.40, by their names there.
const CKF_OS_LOCKING_OK = 0x2;
const CKF_RW_SESSION = 0x2;
const CKF_SERIAL_SESSION = 0x4;
const CKU_USER = 1;
const CKA_CLASS = 0x0;
const CKA_ID = 0x102;
const CKO_PRIVATE_KEY = 3;

/** The token's library in this process, by the binding alone: none of our code lies between. */
export interface PlainBinding {
  /**
   * Signs by synchronous calls, on a session that is logged in and with a key that was found before.
   * @returns nanoseconds for one signature on average
   */
  sign(kind: Kind, rounds: number): number;
  /**
   * For each signature opens a session, logs in, finds the key, signs, logs out and closes the session.
   * @returns nanoseconds for one on average
   */
  signNaively(kind: Kind, rounds: number): number;
  close(): void;
}

/** Loads the library. SoftHSM finds the token by SOFTHSM2_CONF, which was set when the token was made. */
export function openBinding({ token, pin, keys }: TokenSubject): PlainBinding {
  const library = Module.load(token.module).lib;
  library.C_Initialize({ flags: CKF_OS_LOCKING_OK });
  const [slot] = slotsOf(library, token.token);
  if (slot === undefined) throw new Error('the token is not there');
  const enter = () => {
    const session = library.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    library.C_Login(session, CKU_USER, pin.text());
    return session;
  };
  const leave = (session: Buffer) => {
    library.C_Logout(session);
    library.C_CloseSession(session);
  };
  return {
    sign(kind, rounds) {
      const session = enter();
      const signer = signerOn(library, session, keys[kind]);
      const nanoseconds = timed(rounds, signer, keys[kind]);
      leave(session);
      return nanoseconds;
    },
    signNaively: (kind, rounds) =>
      timed(
        rounds,
        () => {
          const session = enter();
          const signature = signerOn(library, session, keys[kind])();
          leave(session);
          return signature;
        },
        keys[kind],
      ),
    close: () => library.C_Finalize(),
  };
}

/** Finds the key. @returns what signs with it */
function signerOn(library: Library, session: Buffer, key: TokenKey): () => Buffer {
  library.C_FindObjectsInit(session, [
    { type: CKA_CLASS, value: CKO_PRIVATE_KEY },
    { type: CKA_ID, value: key.id },
  ]);
  const [handle] = library.C_FindObjects(session, 1);
  library.C_FindObjectsFinal(session);
  if (handle === undefined) throw new Error(`the key ${key.name} is not there`);
  const mechanism = { mechanism: key.mechanism };
  const signature = Buffer.alloc(1_024);
  return () => {
    library.C_SignInit(session, mechanism, handle);
    return library.C_Sign(session, key.data, signature);
  };
}

function timed(rounds: number, work: () => Buffer, key: TokenKey): number {
  checkSignature(key, work(), 'ieee-p1363');
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) work();
  return Number(process.hrtime.bigint() - start) / rounds;
}
