import { afterEach, beforeEach, expect } from 'vitest';
import { type TokenFault, tokenFaults } from '#runtime/tokens/token-faults.ts';
import { type TokenSettingsInput, tokenSettings } from '#runtime/tokens/token-settings.ts';
import { createTokenVerifier, type TokenVerifier } from '#runtime/tokens/token-verifier.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { thrownBy } from '#test/support/refused.ts';
import { audience, startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';

/** An issuer and a clock of its own for each test of the file. */
export function tokenSubject() {
  let issuer: TokenIssuer;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    issuer = await startTokenIssuer(clock);
  });
  afterEach(() => issuer.close());
  return {
    issuer: () => issuer,
    clock: () => clock,
    /** A verifier of that issuer's tokens, with settings. */
    verifier: (change: Partial<TokenSettingsInput> = {}): TokenVerifier =>
      createTokenVerifier({ ...tokenSettings({ issuer: issuer.url, audience, ...change }), clock }),
  };
}

/** Expects that a header is refused for a reason, in words that hold nothing of the token, and with no cause. */
export async function expectFault(
  verifier: TokenVerifier,
  authorization: string | Promise<string>,
  fault: TokenFault,
): Promise<void> {
  const header = await authorization;
  const error = await thrownBy(() => verifier.verify(header));
  expect(error.details.why ?? error.code).toBe(tokenFaults[fault]);
  expect(error.code).toBe('token-invalid');
  expect(error.retryable).toBe(false);
  expect(error.cause).toBeUndefined();
  expect(header).not.toContain(error.message);
  for (const part of header.split(/[ .]/).filter((each) => each.length > 8)) {
    expect(`${error.message} ${error.next} ${JSON.stringify(error)}`).not.toContain(part);
  }
}
