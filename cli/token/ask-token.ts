import type { ChallengeAnswer } from '#adapters/pkcs11/challenge.ts';
import type { LibraryAndSlots } from '#adapters/pkcs11/child/calls.ts';
import type { KeyFacts } from '#adapters/pkcs11/list-keys.ts';
import type { ProbeReport } from '#adapters/pkcs11/probe.ts';
import type { TokenLibrary, TokenLogin } from '#adapters/pkcs11/token-administration.ts';
import { whileWaiting } from '../terminal/waiting.ts';
import { inOurWords } from './token-error.ts';

// Each question is asked in a process of its own; what asks is loaded only then. All throw as the functions that they
// call, in our words.

export async function slotsOf(library: TokenLibrary): Promise<LibraryAndSlots> {
  const { listSlots } = await administration();
  return await inOurWords(() => listSlots(library));
}

export async function keysIn(login: TokenLogin): Promise<KeyFacts[]> {
  const { listTokenKeys } = await administration();
  return await inOurWords(() => listTokenKeys(login));
}

/** @param id CKA_ID, in hexadecimal digits */
export async function challenged(login: TokenLogin, id: string): Promise<ChallengeAnswer[]> {
  const { challengeTokenKey } = await administration();
  return await inOurWords(() => challengeTokenKey(login, id));
}

export async function probed(login: TokenLogin): Promise<ProbeReport> {
  const { probe } = await administration();
  const what = 'Trying what the token can do, on keys that are thrown away';
  return await whileWaiting({ what }, () => inOurWords(() => probe(login)));
}

function administration() {
  return import('#adapters/pkcs11/token-administration.ts');
}
