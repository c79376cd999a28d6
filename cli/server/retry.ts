import { setTimeout } from 'node:timers/promises';
import { asEscrowError } from '#domain/errors.ts';
import { sentence } from '#domain/plain-words.ts';

/** How long to wait before a request is sent again, at most, in milliseconds. */
const longestWait = 60_000;
const firstWait = 500;
const mostTries = 5;

export interface Retrying {
  /** Whether a failure may pass. */
  mayPass(error: unknown): boolean;
  /** What the server asked to wait, in milliseconds; undefined if it did not. */
  askedWait(error: unknown): number | undefined;
  /** Tells the person that it goes on, and why it has not yet. */
  message(text: string): void;
  /** Waits; in tests it need not. */
  sleep?: (milliseconds: number) => Promise<void>;
  /** From 0 to 1. */
  random?: () => number;
}

/**
 * Runs something again while it fails in a way that may pass: with an exponential delay and full jitter, or when the
 * server said; five times in all.
 * @param attempt what is run; it must be safe to run twice
 * @throws what the last try threw, or the first that will not pass, or asks for a wait of more than a minute
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { mayPass, askedWait, message, sleep = pause, random = Math.random }: Retrying,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === mostTries || !mayPass(error)) throw error;
      const wait = askedWait(error) ?? Math.ceil(firstWait * 2 ** (tries - 1) * random());
      if (wait > longestWait) throw error;
      message(`escrow: ${sentence(asEscrowError(error).message)} Trying again in ${inWords(wait)}.`);
      await sleep(wait);
    }
  }
}

function inWords(milliseconds: number): string {
  return milliseconds < 1_000 ? 'a moment' : `${Math.ceil(milliseconds / 1_000)} s`;
}

async function pause(milliseconds: number): Promise<void> {
  await setTimeout(milliseconds);
}

/** What a `Retry-After` header asks for (RFC 9110 section 10.2.3), in milliseconds from now; undefined if it is none. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = header.endsWith(' GMT') ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
