import type { KeySpec, SignatureAlgorithm } from '#domain/key-spec.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Custody, Purpose } from '#domain/purpose.ts';
import type { Secret } from '#domain/secret.ts';

/** What a key belongs to. A wrapped key is bound to it and does not unwrap under another. No personal data. */
export interface KeyContext {
  organization: string;
  enrollmentId: string;
  purpose: Purpose;
}

/** How long a caller waits. */
export interface CallOptions {
  /** Aborted, it ends the wait with `operation-cancelled`. */
  signal?: AbortSignal;
  /** When the caller needs the answer: nothing is awaited or repeated beyond it, and the call ends `provider-unavailable`. */
  deadline?: Date;
}

/**
 * Custody of private keys: AWS KMS, a PKCS#11 token, or software for evaluation.
 *
 * What a provider cannot do has no method: a capability is absent, not refused. Failure contract of every method here
 * and in the capabilities:
 * - `provider-unavailable` (no answer, or a token that was removed or whose library crashed) and `provider-busy` (throttled,
 *   or no session free) may be repeated: nothing was made, or what was made goes by the name that the caller chose;
 * - `operation-cancelled`: the caller gave up. What custody had begun is finished there and undone, so nothing is left;
 * - `provider-misconfigured`, `provider-access-denied`, `provider-incapable`, `key-disabled` and `key-pending-deletion` need a
 *   person.
 *
 * A vendor's own error is kept as cause and never reaches a caller.
 */
export interface KeyProvider {
  readonly custody: Custody;

  /** Keys that never leave. */
  readonly residentKeys?: ResidentKeys;

  /** Keys that are wrapped by custody at rest, and can be unwrapped into memory. */
  readonly exportableKeys?: ExportableKeys;

  /** Keys that come from outside, as a recovered one does, and never leave again. */
  readonly importableKeys?: ImportableKeys;

  /** The public half of the ES256 key that signs receipts, with its RFC 7638 thumbprint as `kid`. */
  receiptKey(): Promise<PublicJwk & { kid: string }>;

  /**
   * The public halves of keys that signed receipts before the present one, as whoever runs the service names them: no provider knows
   * them, and what a store said of them would let its writer add keys of their own.
   */
  readonly retiredReceiptKeys?: readonly (PublicJwk & { kid: string })[];

  /**
   * Signs a receipt by ECDSA P-256 with SHA-256.
   * @param message the message itself, not its digest
   * @returns r and s, 32 bytes each (RFC 7518 section 3.4)
   */
  signReceipt(message: Uint8Array, options?: CallOptions): Promise<Uint8Array>;

  /**
   * HMAC-SHA256 of a message under a key that never leaves custody: each guess at a password is a call here.
   * @returns 32 bytes
   */
  mac(message: Uint8Array, options?: CallOptions): Promise<Uint8Array>;

  /**
   * Destroys keys that were begun and never came under a name, as a crash leaves them where a name is given last. It may look at
   * every key that custody holds: for a schedule, once a day. Absent where nothing can be left so.
   * @param before keys begun later are left alone
   * @returns how many
   */
  sweep?(before: Date): Promise<number>;

  /** Ends sessions and lets go of the library; the provider is unusable afterwards. */
  close(): Promise<void>;
}

/** Resident keys: generated in custody, non-exportable, with no method that would take one out. */
export interface ResidentKeys {
  /** The specs that can be made here. */
  readonly specs: readonly KeySpec[];

  /** What its keys are of use for: where a key that signs decrypts nothing, not for encryption. */
  readonly purposes: readonly Purpose[];

  /**
   * Makes a key pair under a name that the caller chose (so that a crashed attempt can be discarded by name).
   * @returns the DER SubjectPublicKeyInfo
   * @throws ProviderError `provider-incapable` for a spec that is not in `specs`, a purpose that is not in `purposes`, or a
   *   name that no key can have
   * @throws StateError `already-exists` if the name is taken; that key is left as it is
   */
  generate(name: string, spec: KeySpec, context: KeyContext, options?: CallOptions): Promise<Uint8Array>;

  /**
   * Signs with a resident key, in any of the ways of its spec (`signaturesOf`).
   * @param message the message itself, not its digest
   * @returns PKCS#1 v1.5 or PSS signature, or DER `ECDSA-Sig-Value` (RFC 3279 section 2.2.3)
   * @throws ProviderError `key-not-found`; `provider-incapable` for a way to sign that is not of the key's spec
   */
  sign(
    name: string,
    algorithm: SignatureAlgorithm,
    message: Uint8Array,
    options?: CallOptions,
  ): Promise<Uint8Array>;

  /**
   * Destroys what was made or imported under a name; nothing there is success. What cannot be destroyed at once (AWS KMS
   * waits 7 days or more) is disabled at once and goes by the name no more.
   */
  discard(name: string, options?: CallOptions): Promise<void>;
}

export interface ExportableKeyPair {
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
  /** PKCS#8 PrivateKeyInfo, DER; in memory for the one invocation, to be erased by the caller. */
  privateKey: Secret;
  /** The private key wrapped by custody; opaque, and bound to the context. */
  wrapped: Uint8Array;
}

/** Exportable keys: wrapped by custody at rest. */
export interface ExportableKeys {
  readonly specs: readonly KeySpec[];

  /** @throws ProviderError `provider-incapable` for a spec that is not in `specs` */
  generate(spec: KeySpec, context: KeyContext, options?: CallOptions): Promise<ExportableKeyPair>;

  /**
   * Unwraps a private key into memory.
   * @returns PKCS#8 PrivateKeyInfo, DER, to be erased by the caller
   * @throws ProviderError `wrapped-key-invalid` if it was altered, or is bound to another context
   */
  unwrap(wrapped: Uint8Array, context: KeyContext, options?: CallOptions): Promise<Secret>;
}

/** Keys from outside that become resident: from then on `ResidentKeys` signs with them and discards them by name. */
export interface ImportableKeys {
  readonly specs: readonly KeySpec[];

  /**
   * Brings a private key into custody as a non-extractable one, and proves by a signature that it works there.
   * @param name as for `ResidentKeys.generate`
   * @param privateKey PKCS#8 PrivateKeyInfo, DER; the caller erases it
   * @returns the DER SubjectPublicKeyInfo
   * @throws InputError `invalid-input` if the bytes are no private key of that spec
   * @throws ProviderError `provider-incapable` for a spec that is not in `specs`, a purpose that resident keys do not serve,
   *   or a name that no key can have
   * @throws StateError `already-exists` if the name is taken; that key is left as it is
   */
  importKey(
    name: string,
    spec: KeySpec,
    privateKey: Secret,
    context: KeyContext,
    options?: CallOptions,
  ): Promise<Uint8Array>;
}
