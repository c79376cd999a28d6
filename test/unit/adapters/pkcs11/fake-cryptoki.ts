import type { Cryptoki, Handle, TokenInfo } from '#adapters/pkcs11/cryptoki.ts';

/** A handle of a number, as the binding gives it. */
export function handle(number: number): Handle {
  return Buffer.of(number, 0, 0, 0, 0, 0, 0, 0);
}

/** An error as the binding throws it for a return value of Cryptoki. */
export class ReturnValueError extends Error {
  override name = 'Pkcs11Error';
}

export function fails(returnValue: string): () => never {
  return () => {
    throw new ReturnValueError(returnValue);
  };
}

/** What a token says of itself, with what a test gives. */
export function tokenInfo(given: Partial<TokenInfo>): TokenInfo {
  return {
    label: 'token',
    manufacturerID: 'maker',
    model: 'model',
    serialNumber: '1',
    flags: 0,
    maxSessionCount: 0,
    sessionCount: 0,
    minPinLen: 4,
    maxPinLen: 255,
    hardwareVersion: { major: 1, minor: 0 },
    firmwareVersion: { major: 1, minor: 0 },
    totalPrivateMemory: 0n,
    freePrivateMemory: 0n,
    ...given,
  };
}

/** A token library that does only what a test gives it; any other call fails the test. */
export function fakeCryptoki(given: Partial<Cryptoki>): Cryptoki {
  const unexpected = fails('an unexpected call');
  return {
    C_Initialize: unexpected,
    C_Finalize: unexpected,
    C_GetInfo: unexpected,
    C_GetSlotList: unexpected,
    C_GetSlotInfo: unexpected,
    C_GetTokenInfo: unexpected,
    C_InitToken: unexpected,
    C_InitPIN: unexpected,
    C_GetMechanismList: unexpected,
    C_GetMechanismInfo: unexpected,
    C_OpenSession: unexpected,
    C_GetSessionInfo: unexpected,
    C_CloseSession: unexpected,
    C_Login: unexpected,
    C_Logout: unexpected,
    C_CreateObject: unexpected,
    C_CopyObject: unexpected,
    C_DestroyObject: unexpected,
    C_FindObjectsInit: unexpected,
    C_FindObjects: unexpected,
    C_FindObjectsFinal: unexpected,
    C_GetAttributeValue: unexpected,
    C_SetAttributeValue: unexpected,
    C_SignInit: unexpected,
    C_Sign: unexpected,
    C_SignAsync: unexpected,
    C_GenerateKeyAsync: unexpected,
    C_GenerateKeyPairAsync: unexpected,
    C_WrapKeyAsync: unexpected,
    C_UnwrapKeyAsync: unexpected,
    ...given,
  };
}
