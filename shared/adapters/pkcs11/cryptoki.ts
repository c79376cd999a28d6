/** An object, session or slot handle, as the binding passes them: the bytes of a CK_ULONG. */
export type Handle = Buffer;

export interface Attribute {
  type: number;
  value: number | boolean | string | Buffer;
}

/** CK_RSA_PKCS_OAEP_PARAMS and CK_RSA_PKCS_PSS_PARAMS as the binding takes them; `type` is its own number of the structure. */
export type MechanismParameter =
  | { type: 4; hashAlg: number; mgf: number; source: number }
  | { type: 5; hashAlg: number; mgf: number; saltLen: number };

export interface Mechanism {
  mechanism: number;
  /** Bytes are an initialization vector. */
  parameter?: MechanismParameter | Buffer;
}

export interface Version {
  major: number;
  minor: number;
}

/** CK_INFO */
export interface LibraryInfo {
  cryptokiVersion: Version;
  manufacturerID: string;
  libraryDescription: string;
  libraryVersion: Version;
}

/** CK_SLOT_INFO */
export interface SlotInfo {
  slotDescription: string;
  manufacturerID: string;
  flags: number;
}

/** CK_TOKEN_INFO. The binding gives counts as 32 bits, so that CK_UNAVAILABLE_INFORMATION is 0xffffffff there. */
export interface TokenInfo {
  label: string;
  manufacturerID: string;
  model: string;
  serialNumber: string;
  flags: number;
  maxSessionCount: number;
  sessionCount: number;
  minPinLen: number;
  maxPinLen: number;
  hardwareVersion: Version;
  firmwareVersion: Version;
  /** In bytes; the binding's types say number, and it gives big integers. */
  totalPrivateMemory: bigint | number;
  freePrivateMemory: bigint | number;
}

/** CK_MECHANISM_INFO */
export interface MechanismInfo {
  minKeySize: number;
  maxKeySize: number;
  flags: number;
}

/**
 * What this adapter uses of Cryptoki, with the names and the order of arguments of PKCS#11 2.40 chapter 5, as the
 * binding has them. The `...Async` forms work on a thread of libuv's pool; **they keep no reference to the buffers they
 * are given**, so only `operations.ts` calls them.
 */
export interface Cryptoki {
  C_Initialize(options: { flags: number }): void;
  C_Finalize(): void;
  C_GetInfo(): LibraryInfo;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetSlotInfo(slot: Handle): SlotInfo;
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_InitToken(slot: Handle, pin: string, label: string): string;
  C_InitPIN(session: Handle, pin: string): void;
  C_GetMechanismList(slot: Handle): number[];
  C_GetMechanismInfo(slot: Handle, mechanism: number): MechanismInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_GetSessionInfo(session: Handle): { state: number };
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_Logout(session: Handle): void;
  C_CreateObject(session: Handle, template: Attribute[]): Handle;
  C_CopyObject(session: Handle, object: Handle, template: Attribute[]): Handle;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, maxObjectCount: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: { type: number }[]): { value: Buffer }[];
  C_SetAttributeValue(session: Handle, object: Handle, template: Attribute[]): void;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Sign(session: Handle, data: Buffer, signature: Buffer): Buffer;
  C_SignAsync(session: Handle, data: Buffer, signature: Buffer): Promise<Buffer>;
  C_GenerateKeyAsync(session: Handle, mechanism: Mechanism, template: Attribute[]): Promise<Handle>;
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): Promise<{ publicKey: Handle; privateKey: Handle }>;
  C_WrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    wrappingKey: Handle,
    key: Handle,
    wrappedKey: Buffer,
  ): Promise<Buffer>;
  C_UnwrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    unwrappingKey: Handle,
    wrappedKey: Buffer,
    template: Attribute[],
  ): Promise<Handle>;
}
