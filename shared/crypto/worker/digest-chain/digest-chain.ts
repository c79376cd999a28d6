import { chainModule, type Digest } from './one-block.ts';
import { sha1 } from './sha1.ts';
import { sha224, sha256, sha384, sha512 } from './sha2.ts';

const digests = { sha1: () => sha1, sha224, sha256, sha384, sha512 } as const;

/** The digests that PFX files use, as node:crypto calls them. */
export type DigestName = keyof typeof digests;

/** Iterations of one call: short enough that the optimized code takes over soon, since it does so between calls. */
const stride = 512;

/**
 * A digest applied again and again to its own result: the inner loop of PKCS12KDF. Node has no call for it, and one
 * `crypto.hash` an iteration costs about a microsecond; the WebAssembly assembled here takes 0.06 (SHA-1), 0.14 (SHA-256)
 * and 0.18 (SHA-512), and stays there, which a loop in plain JavaScript does not.
 */
export class DigestChain {
  /** All that the WebAssembly can write to: nothing but zeros between calls. */
  readonly memory: Uint8Array;
  readonly #run: (times: number) => void;
  readonly #state: Buffer;
  readonly #swap: () => void;

  constructor(digest: Digest) {
    const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(chainModule(digest))).exports;
    const wordLength = digest.word.bytes;
    const state = Buffer.from(memory.buffer, 0, digest.digestWords * wordLength);
    this.memory = new Uint8Array(memory.buffer);
    this.#run = run;
    this.#state = state;
    // WebAssembly's memory is little-endian, the words of a digest are big-endian.
    this.#swap = () => (wordLength === 4 ? state.swap32() : state.swap64());
  }

  /**
   * Replaces a digest by its own digest, a number of times over.
   * @param digest as long as the digest is, overwritten
   * @param times 0 or more
   */
  repeat(digest: Uint8Array, times: number): void {
    this.#state.set(digest);
    this.#swap();
    for (let left = times; left > 0; left -= stride) this.#run(Math.min(left, stride));
    this.#swap();
    digest.set(this.#state);
    this.#state.fill(0);
  }
}

const loaded = new Map<DigestName, DigestChain>();

/** The chain of a digest, assembled when it is first asked for: some milliseconds, once in a thread. */
export function digestChain(name: DigestName): DigestChain {
  const chain = loaded.get(name) ?? new DigestChain(digests[name]());
  loaded.set(name, chain);
  return chain;
}
