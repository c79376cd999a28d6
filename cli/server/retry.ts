import { setTimeout } from 'node:timers/promises';
import { asEscrowError } from '#domain/errors.ts';
import { sentence } from '#domain/plain-words.ts';

/** How long to wait before a request is sent again, at most, in milliseconds. */
const longestWait = 60_000;
const firstWait = 500;
const mostTries = 5;
/** Of long work at the pace that the server sets. */
const mostPaced = 100;

export interface Retrying {
  /** Whether a failure may pass. */
  mayPass(error: unknown): boolean;
  /** What the server asked to wait, in milliseconds; undefined if it did not. */
  askedWait(error: unknown): number | undefined;
  /** Whether a failure only sets the pace of long work: then it is no try, and nothing to tell of. */
  isPace?(error: unknown): boolean;
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
export async function retrying<T>(attempt: () => Promise<T>, retry: Retrying): Promise<T> {
  const { sleep = pause, random = Math.random } = retry;
  let tries = 0;
  for (let paced = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      const isPace = retry.isPace?.(error) === true && paced < mostPaced;
      if (isPace) paced += 1;
      else tries += 1;
      if (tries === mostTries || !retry.mayPass(error)) throw error;
      const wait = retry.askedWait(error) ?? Math.ceil(firstWait * 2 ** Math.max(0, tries - 1) * random());
      if (wait > longestWait) throw error;
      if (!isPace) retry.message(wordsOf(error, wait));
      await sleep(wait);
    }
  }
}

function wordsOf(error: unknown, wait: number): string {
  return `escrow: ${sentence(asEscrowError(error).message)} Trying again in ${inWords(wait)}.`;
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
