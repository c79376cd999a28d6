import type { Cryptoki } from './cryptoki.ts';

/** A call on a thread that takes longer than this, in milliseconds, is none that is worth waiting for. */
const promising = 1;
/** What a thread costs there and back, with those who wait for the token's own lock, in milliseconds. */
const costOfThread = 0.1;
/** So many slow ones in a row are no accident of this machine. */
const tolerated = 3;
/** Longer inputs are for the token to hash, which takes a time of its own. */
const longestInput = 64;

/**
 * How quick one kind of signature is on a token, and so how it is best asked for. A thread for a call costs some 50
 * microseconds, and a signature on P-256 in SoftHSM 30: it is cheaper to wait for it. A token in a network, or an RSA key,
 * takes longer than that, and is worth a thread. Which it is, is measured: on threads first; by waiting once that looks
 * quick, some times, since the first of a kind takes longer than those after it; and on threads again, for good, when
 * waiting turns out slow.
 */
export class SigningPace {
  #state: 'unknown' | 'trial' | 'quick' | 'slow' = 'unknown';
  #slowOnes = 0;

  /** Whether the next one is to be waited for. */
  get waits(): boolean {
    return this.#state === 'trial' || this.#state === 'quick';
  }

  /** Tells how long one took. @param waited whether it was waited for */
  took(milliseconds: number, waited: boolean): void {
    if (!waited) {
      if (this.#state === 'unknown' && milliseconds < promising) this.#state = 'trial';
      return;
    }
    if (milliseconds < costOfThread) this.#state = 'quick';
    const limit = this.#state === 'trial' ? costOfThread : promising;
    this.#slowOnes = milliseconds < limit ? 0 : this.#slowOnes + 1;
    if (this.#slowOnes >= tolerated) this.#state = 'slow';
    // Whatever it was that took so long in a trial, everybody else waited for it.
    if (this.#state === 'trial' && milliseconds >= promising) this.#state = 'slow';
  }
}

const paces = new WeakMap<Cryptoki, Map<string, SigningPace>>();

/**
 * The pace of signatures by a mechanism over inputs of a length: for ECDSA over digests that tells the curves apart.
 * @returns undefined for inputs that are too long to be waited for
 */
export function paceOf(cryptoki: Cryptoki, mechanism: number, length: number): SigningPace | undefined {
  if (length > longestInput) return undefined;
  const ofToken = paces.get(cryptoki) ?? new Map<string, SigningPace>();
  paces.set(cryptoki, ofToken);
  const kind = `${mechanism} ${length}`;
  const pace = ofToken.get(kind) ?? new SigningPace();
  ofToken.set(kind, pace);
  return pace;
}
