import { readFile } from 'node:fs/promises';
import { InputError, SetUpError } from '#domain/errors.ts';
import { fileError } from '#domain/plain-words.ts';
import type { Clock } from '#ports/clock.ts';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { createTokenVerifier, type TokenVerifier } from '#runtime/tokens/token-verifier.ts';
import type { ExternalIssuer } from './arguments.ts';

/** Settings that are given as options, by the option's name; the others stand in the file of claims. */
const optionOf: Readonly<Record<string, string>> = { issuer: '--issuer', audience: '--audience' };

/**
 * A verifier of the tokens of an issuer of the operator's. Nothing is fetched from it before the first token comes.
 * @throws SetUpError `usage` naming the option, or the file and the setting in it, that is at fault
 */
export async function externalVerifier(
  { issuer, audience, claims }: ExternalIssuer,
  clock: Clock,
): Promise<TokenVerifier> {
  const stated = claims === undefined ? {} : await readClaims(claims);
  try {
    return createTokenVerifier({ ...tokenSettings({ ...stated, issuer, audience: [...audience] }), clock });
  } catch (cause) {
    const [issue] = cause instanceof InputError ? (cause.details.issues ?? []) : [];
    if (issue === undefined) throw cause;
    const option = optionOf[issue.field.split('.')[0] ?? ''];
    throw new SetUpError('usage', { ...issue, field: option ?? `${claims}: ${issue.field}`, cause });
  }
}

async function readClaims(file: string): Promise<object> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw fileError(file, cause);
  });
  const stated = jsonOf(text);
  if (typeof stated === 'object' && stated !== null && !Array.isArray(stated)) return stated;
  const next = 'Write it as {"rolesClaim": "groups", "roles": {"escrow-admins": "administrator"}}.';
  throw new SetUpError('usage', { field: file, why: 'holds no JSON object', next });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
