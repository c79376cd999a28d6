import type { KeySpec, SignatureAlgorithm } from '#domain/key-spec.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { KeyContext } from '#ports/key-provider.ts';
import type { ChallengeAnswer } from '../challenge.ts';
import type { KeyFacts } from '../list-keys.ts';
import type { ProbeReport } from '../probe.ts';
import type { LibraryFacts, SlotFacts } from '../slots.ts';
import type { TokenName } from '../token.ts';

/** Which token. */
export interface TokenPlace {
  /** Path of the token's PKCS#11 library. */
  module: string;
  token: TokenName;
}

/** Which token, and how many sessions of it. */
export interface TokenSettings extends TokenPlace {
  /** Sessions at most; 8 if not given. */
  sessions?: number;
  /** Callers that wait for a session at most; 1,024 if not given. */
  maxWaiting?: number;
  /** How long a caller waits for a session, in milliseconds; 120,000 if not given. */
  waitMilliseconds?: number;
  /** The `kid` of the token's receipt key, where it was opened before: a token with another is left as it is. */
  receiptKeyId?: string;
}

/** What a token that was opened can do. */
export interface OpenedToken {
  receiptKey: PublicJwk & { kid: string };
  /** Absent where the token has no such keys. */
  residentSpecs?: readonly KeySpec[];
  exportableSpecs?: readonly KeySpec[];
  importableSpecs?: readonly KeySpec[];
  /** What the token cannot do, a sentence each. */
  missing: readonly string[];
}

/** An exportable key pair on its way between processes; the private key is PKCS#8, erased by whoever has it. */
export interface PlainKeyPair {
  publicKey: Uint8Array;
  privateKey: Uint8Array;
  wrapped: Uint8Array;
}

/** What a library says of itself and of its slots. */
export interface LibraryAndSlots {
  library: LibraryFacts;
  slots: SlotFacts[];
}

/** How a blank token is initialized; the PINs are bytes, erased by whoever has them. */
export interface PlainInitialization {
  slot?: string;
  label: string;
  pin: Uint8Array;
  soPin: Uint8Array;
}

/**
 * What the service asks of the process that has the token's library: the methods of KeyProvider, as plain data. A PIN or a
 * private key goes as bytes through the pipe between the two, and both sides erase their copies.
 */
export interface TokenCalls {
  /** Opens the token and logs in; once, before all others. */
  open: { args: [settings: TokenSettings, pin: Uint8Array]; result: OpenedToken };
  signReceipt: { args: [message: Uint8Array]; result: Uint8Array };
  mac: { args: [message: Uint8Array]; result: Uint8Array };
  generateResident: { args: [name: string, spec: KeySpec, context: KeyContext]; result: Uint8Array };
  sign: {
    args: [name: string, algorithm: SignatureAlgorithm, message: Uint8Array];
    result: Uint8Array;
  };
  discard: { args: [name: string]; result: undefined };
  generateExportable: { args: [spec: KeySpec, context: KeyContext]; result: PlainKeyPair };
  unwrap: { args: [wrapped: Uint8Array, context: KeyContext]; result: Uint8Array };
  importKey: {
    args: [name: string, spec: KeySpec, privateKey: Uint8Array, context: KeyContext];
    result: Uint8Array;
  };
  /** Waits for what is under way, ends the sessions and lets go of the library. */
  close: { args: []; result: undefined };
  // Administration, by a process that does this one thing.
  listSlots: { args: [module: string]; result: LibraryAndSlots };
  initialize: { args: [module: string, initialization: PlainInitialization]; result: SlotFacts };
  listKeys: { args: [place: TokenPlace, pin: Uint8Array]; result: KeyFacts[] };
  challenge: { args: [place: TokenPlace, pin: Uint8Array, id: string]; result: ChallengeAnswer[] };
  probe: { args: [place: TokenPlace, pin: Uint8Array]; result: ProbeReport };
}
export type CallName = keyof TokenCalls;
export type Args<C extends CallName> = TokenCalls[C]['args'];
export type Result<C extends CallName> = TokenCalls[C]['result'];

export interface Call<C extends CallName> {
  id: number;
  call: C;
  args: Args<C>;
}

/** A code of ours with what an error may say beyond it; of the cause, which is the library's, its name and message. */
export interface PlainError {
  code: string;
  field?: string;
  why?: string;
  next?: string;
  cause?: string;
  /** Whether the login, the session or the token was lost, so that this process is of no use any more. */
  lost: boolean;
}

export type Answer = { id: number; result: unknown } | { id: number; error: PlainError };
