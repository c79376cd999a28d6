import { beforeEach, describe, expect, it } from 'vitest';
import { AccessError, LockError, StoreError } from '#domain/errors.ts';
import type { Ledger } from '#ports/ledger.ts';
import { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import { refusalReason, refusedToken, type TokenFault, tokenFaults } from '#runtime/tokens/token-faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';

let clock: ManualClock;
let ledger: MemoryLedger;
let refused: RefusedTokens;
beforeEach(() => {
  clock = new ManualClock();
  ledger = new MemoryLedger();
  refused = new RefusedTokens({ ledger, clock });
});

const note = (reason: TokenFault, address = '192.0.2.1', requestId = 'request-1') =>
  refused.note('token-invalid', reason, address, requestId);
const abouts = () => ledger.entries.map(({ about }) => about);

describe('the record of refused tokens', () => {
  it('says what, why and by which request, and nothing of who or from where', async () => {
    await note('signature');
    expect(ledger.entries).toEqual([
      {
        action: 'verify-token',
        organization: '',
        principal: 'unknown',
        outcome: 'refused',
        code: 'token-invalid',
        about: ['signature'],
        requestId: 'request-1',
      },
    ]);
    expect(JSON.stringify(ledger.entries)).not.toContain('192.0.2.1');
  });

  it('has one entry a minute for an address and a reason, and says how many it left out', async () => {
    for (let request = 0; request < 38; request++) await note('signature');
    expect(abouts()).toEqual([['signature']]);
    clock.advance(60_000);
    await note('signature');
    expect(abouts()).toEqual([['signature'], ['signature', 'and 37 more since']]);
    clock.advance(60_000);
    await note('signature');
    expect(abouts().at(-1)).toEqual(['signature']);
  });

  it('keeps reasons and addresses apart', async () => {
    await note('signature', '192.0.2.1');
    await note('expired', '192.0.2.1');
    await note('signature', '192.0.2.2');
    await note('expired', '192.0.2.1');
    expect(abouts()).toEqual([['signature'], ['expired'], ['signature']]);
  });

  it('makes one entry of a burst', async () => {
    await Promise.all(Array.from({ length: 20 }, () => note('malformed')));
    expect(abouts()).toEqual([['malformed']]);
  });

  it('is bounded however many addresses there are, and loses no count', async () => {
    for (let address = 0; address < 1_500; address++) await note('audience', `2001:db8::${address}`);
    expect(ledger.entries).toHaveLength(1_000);
    clock.advance(60_000);
    await note('audience', '2001:db8::1');
    expect(abouts().at(-1)).toEqual(['audience', 'and 500 more since']);
  });

  it('is tried again by the next refusal where it could not be made', async () => {
    let down = true;
    const failing: Ledger = {
      record: (entry) => (down ? Promise.reject(new StoreError('store-unavailable')) : ledger.record(entry)),
    };
    refused = new RefusedTokens({ ledger: failing, clock });
    await expect(note('issuer')).rejects.toMatchObject({ code: 'store-unavailable' });
    down = false;
    await note('issuer');
    expect(abouts()).toEqual([['issuer', 'and 1 more since']]);
  });
});

describe('the reason of a refusal', () => {
  it.each(Object.keys(tokenFaults))('is told by its error: %s', (fault) => {
    const known = Object.keys(tokenFaults).find((each): each is TokenFault => each === fault);
    expect(known && refusalReason(refusedToken(known))).toBe(fault);
  });

  it('is that there was no token, or is none', () => {
    expect(refusalReason(new AccessError('sign-in-required'))).toBe('no token');
    expect(refusalReason(new LockError('wrong-password'))).toBeUndefined();
    expect(refusalReason(new AccessError('token-invalid'))).toBeUndefined();
  });
});
