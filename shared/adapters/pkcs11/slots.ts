import { ProviderError } from '#domain/errors.ts';
import { flags } from './constants.ts';
import type { Cryptoki, Handle, TokenInfo, Version } from './cryptoki.ts';
import { returnValueOf } from './errors.ts';

/** What a token library says of itself. */
export interface LibraryFacts {
  description: string;
  manufacturer: string;
  /** `major.minor` */
  version: string;
  /** The version of PKCS#11 that it follows. */
  cryptoki: string;
}

/** How a PIN stands. Each wrong try brings a token nearer to its lock. */
export type PinState = 'ok' | 'few-tries-left' | 'final-try' | 'locked';

export interface TokenFacts {
  label: string;
  manufacturer: string;
  model: string;
  serial: string;
  /** `major.minor` */
  firmware: string;
  hardware: string;
  initialized: boolean;
  /** Whether there is a user PIN. */
  pinInitialized: boolean;
  pinState: PinState;
  /** The state of the security officer's PIN. */
  soPinState: PinState;
  /** How long a PIN may be, in bytes; `most` is absent where the token names no limit. */
  pinLength: { least: number; most?: number };
  writeProtected: boolean;
  /** Of this process; `most` is absent where the token names no limit. */
  sessions: { open?: number; most?: number };
  /** For private objects, in bytes; what the token does not say is absent. */
  memory: { free?: number; total?: number };
}

export interface SlotFacts {
  /** The slot's number, in decimal digits. */
  slot: string;
  description: string;
  manufacturer: string;
  /** Whether the slot is in hardware, and not in software. */
  inHardware: boolean;
  /** Absent for an empty slot. */
  token?: TokenFacts;
}

/** What the library says of itself. */
export function libraryFacts(cryptoki: Cryptoki): LibraryFacts {
  const info = cryptoki.C_GetInfo();
  return {
    description: unpadded(info.libraryDescription),
    manufacturer: unpadded(info.manufacturerID),
    version: versionText(info.libraryVersion),
    cryptoki: versionText(info.cryptokiVersion),
  };
}

/** Every slot of a library, those without a token too. */
export function slotFacts(cryptoki: Cryptoki): SlotFacts[] {
  return cryptoki.C_GetSlotList(false).map((slot) => factsOf(cryptoki, slot));
}

/** What is known of one slot and its token. */
export function factsOf(cryptoki: Cryptoki, slot: Handle): SlotFacts {
  const info = cryptoki.C_GetSlotInfo(slot);
  return {
    slot: slotNumber(slot),
    description: unpadded(info.slotDescription),
    manufacturer: unpadded(info.manufacturerID),
    inHardware: (info.flags & flags.CKF_HW_SLOT) !== 0,
    ...((info.flags & flags.CKF_TOKEN_PRESENT) !== 0 && tokenIn(cryptoki, slot)),
  };
}

/** The token in a slot; none if it was taken out this moment, or is something else. */
function tokenIn(cryptoki: Cryptoki, slot: Handle): { token?: TokenFacts } {
  try {
    return { token: tokenFacts(cryptoki.C_GetTokenInfo(slot)) };
  } catch (error) {
    if (/^CKR_TOKEN_NOT_(PRESENT|RECOGNIZED)$/.test(returnValueOf(error) ?? '')) return {};
    throw error;
  }
}

/** A slot's number in decimal digits: CK_SLOT_ID is a number of the machine's own size and byte order. */
export function slotNumber(slot: Handle): string {
  return slot.length === 4 ? String(slot.readUInt32LE()) : slot.readBigUInt64LE().toString();
}

/**
 * The slot of a number.
 * @param number decimal digits
 * @throws ProviderError `provider-misconfigured` if the library has no such slot
 */
export function slotOf(cryptoki: Cryptoki, number: string): Handle {
  const slot = cryptoki.C_GetSlotList(false).find((each) => slotNumber(each) === number);
  if (slot !== undefined) return slot;
  throw new ProviderError('provider-misconfigured', {
    field: 'slot',
    why: 'is no slot of this library',
    next: 'List the slots, and choose one of them.',
  });
}

function tokenFacts(info: TokenInfo): TokenFacts {
  const initialized = (info.flags & flags.CKF_TOKEN_INITIALIZED) !== 0;
  // A blank token has no PINs, though SoftHSM says that the security officer's is locked.
  const pinFlags = initialized ? info.flags : 0;
  return {
    label: unpadded(info.label),
    manufacturer: unpadded(info.manufacturerID),
    model: unpadded(info.model),
    serial: unpadded(info.serialNumber),
    firmware: versionText(info.firmwareVersion),
    hardware: versionText(info.hardwareVersion),
    initialized,
    pinInitialized: (info.flags & flags.CKF_USER_PIN_INITIALIZED) !== 0,
    pinState: pinState(pinFlags, userPin),
    soPinState: pinState(pinFlags, soPin),
    pinLength: { least: info.minPinLen, ...(info.maxPinLen > 0 && { most: info.maxPinLen }) },
    writeProtected: (info.flags & flags.CKF_WRITE_PROTECTED) !== 0,
    sessions: {
      ...(isTold(info.sessionCount) && { open: info.sessionCount }),
      // CK_EFFECTIVELY_INFINITE is 0.
      ...(isTold(info.maxSessionCount) && info.maxSessionCount > 0 && { most: info.maxSessionCount }),
    },
    memory: {
      ...(isTold(info.freePrivateMemory) && { free: Number(info.freePrivateMemory) }),
      ...(isTold(info.totalPrivateMemory) && { total: Number(info.totalPrivateMemory) }),
    },
  };
}

const userPin = {
  low: flags.CKF_USER_PIN_COUNT_LOW,
  final: flags.CKF_USER_PIN_FINAL_TRY,
  locked: flags.CKF_USER_PIN_LOCKED,
};
const soPin = {
  low: flags.CKF_SO_PIN_COUNT_LOW,
  final: flags.CKF_SO_PIN_FINAL_TRY,
  locked: flags.CKF_SO_PIN_LOCKED,
};

function pinState(state: number, pin: typeof userPin | typeof soPin): PinState {
  if ((state & pin.locked) !== 0) return 'locked';
  if ((state & pin.final) !== 0) return 'final-try';
  return (state & pin.low) !== 0 ? 'few-tries-left' : 'ok';
}

/** CK_UNAVAILABLE_INFORMATION is every bit set, of 64 or, where the binding gives so many, of 32. */
function isTold(value: number | bigint): boolean {
  return BigInt(value) !== 0xffff_ffffn && BigInt(value) < 0xffff_ffff_ffff_ffffn;
}

function versionText({ major, minor }: Version): string {
  return `${major}.${minor}`;
}

/** Text of PKCS#11 is padded with blanks (2.40 section 3); some libraries pad with zero bytes. */
export function unpadded(text: string): string {
  return text.replace(/[\s\0]+$/, '');
}
