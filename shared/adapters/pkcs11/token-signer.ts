import { randomBytes } from 'node:crypto';
import { verifySignature } from '#crypto/public-key.ts';
import { ProviderError } from '#domain/errors.ts';
import type { SignatureAlgorithm } from '#domain/key-spec.ts';
import { attempt } from './attempt.ts';
import { availableStrategies } from './capabilities.ts';
import type { Handle } from './cryptoki.ts';
import { mechanismName } from './mechanisms.ts';
import { sign, type TokenSession } from './operations.ts';
import type { SignatureStrategy } from './signatures.ts';

/** A private key in the token, and its public half to verify by. */
export interface SigningKey {
  handle: Handle;
  /** DER SubjectPublicKeyInfo; asked for only when a signature is verified. */
  publicKey(): Uint8Array;
}

/**
 * Signs by each algorithm in the way that works on this token: the first time, the ways that the token lists are tried one
 * after another, and the first whose signature verifies is kept.
 */
export class TokenSigner {
  readonly #available: ReadonlySet<number>;
  readonly #working = new Map<SignatureAlgorithm, SignatureStrategy>();

  /** @param available the mechanisms that the token lists */
  constructor(available: ReadonlySet<number>) {
    this.#available = available;
  }

  /**
   * Signs as callers want it.
   * @param message the message itself, not its digest
   * @returns PKCS#1 v1.5 or PSS signature, or DER `ECDSA-Sig-Value` (RFC 3279 section 2.2.3)
   * @throws ProviderError `provider-incapable` if no way works
   */
  async sign(
    token: TokenSession,
    algorithm: SignatureAlgorithm,
    key: SigningKey,
    message: Uint8Array,
  ): Promise<Uint8Array> {
    const strategy = await this.find(token, algorithm, key);
    return signBy(token, strategy, key.handle, message);
  }

  /**
   * Proves that a key works: it signs, and the signature is that of its public half.
   * @throws ProviderError `provider-incapable` if not
   */
  async prove(token: TokenSession, algorithm: SignatureAlgorithm, key: SigningKey): Promise<void> {
    const strategy = await this.find(token, algorithm, key);
    if (await verifies(token, strategy, algorithm, key)) return;
    throw new ProviderError('provider-incapable', {
      why: 'the key does not sign as its public half verifies',
    });
  }

  /**
   * The way in which a key signs.
   * @throws ProviderError `provider-incapable` if none works
   */
  async find(
    token: TokenSession,
    algorithm: SignatureAlgorithm,
    key: SigningKey,
  ): Promise<SignatureStrategy> {
    const working = this.#working.get(algorithm);
    if (working !== undefined) return working;
    const failures: string[] = [];
    for (const strategy of availableStrategies(algorithm, this.#available)) {
      const tried = await attempt(() => verifies(token, strategy, algorithm, key));
      if (tried.works && tried.value) {
        this.#working.set(algorithm, strategy);
        return strategy;
      }
      const why = tried.works ? 'the signature does not verify' : tried.why;
      failures.push(`${mechanismName(strategy.mechanism.mechanism)}: ${why}`);
    }
    throw new ProviderError('provider-incapable', {
      why: `the token does not sign by ${algorithm}${failures.length > 0 ? `: tried ${failures.join('; ')}` : ''}`,
    });
  }
}

async function verifies(
  token: TokenSession,
  strategy: SignatureStrategy,
  algorithm: SignatureAlgorithm,
  key: SigningKey,
): Promise<boolean> {
  const message = randomBytes(32);
  const signature = await signBy(token, strategy, key.handle, message);
  return verifySignature(key.publicKey(), algorithm, message, signature);
}

async function signBy(
  token: TokenSession,
  strategy: SignatureStrategy,
  key: Handle,
  message: Uint8Array,
): Promise<Uint8Array> {
  return strategy.output(await sign(token, strategy.mechanism, key, strategy.input(message)));
}
