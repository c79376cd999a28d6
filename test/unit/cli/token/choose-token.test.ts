import { describe, expect, it } from 'vitest';
import { checkPinState, chooseToken } from '../../../../cli/token/choose-token.ts';
import { slotFacts, tokenFacts } from './facts.ts';

const office = slotFacts('1', tokenFacts());
const twin = slotFacts('2', tokenFacts({ serial: 's2' }));
const other = slotFacts('3', tokenFacts({ label: 'other', serial: 's3' }));
const blank = slotFacts('4', tokenFacts({ label: '', serial: '', initialized: false }));

/** The error of a choice, as a person is told it. */
function refused(...[slots, values]: Parameters<typeof chooseToken>) {
  try {
    chooseToken(slots, values);
    return 'chosen';
  } catch (error) {
    return error instanceof Error && 'next' in error ? `${error.message} | ${error.next}` : error;
  }
}

describe('the choice of a token', () => {
  it('takes the only one, and no blank one for it', () => {
    expect(chooseToken([blank, office], {})).toEqual({
      slot: office,
      token: office.token,
      name: { label: 'office' },
    });
  });

  it('finds it by its label, or by its serial number', () => {
    expect(chooseToken([office, other], { token: 'other' }).slot).toBe(other);
    expect(chooseToken([office, twin], { serial: 's2' })).toMatchObject({
      slot: twin,
      name: { serial: 's2' },
    });
    expect(chooseToken([office, other], { serial: 's3' }).name).toEqual({ label: 'other' });
  });

  it.each([
    [[office, other], {}, 'has several tokens | Name one: office (serial s1), other (serial s3).'],
    [[office, twin], { token: 'office' }, 'several tokens have this label | Name one by --serial: '],
    [
      [office, blank],
      { token: 'ofice' },
      '--token: the library has no such token | It has office (serial s1).',
    ],
    [[office], { serial: '9' }, '--serial: the library has no such token | It has office'],
    [[blank], {}, 'The library has no token that is initialized. | See its slots by escrow token list'],
    [[], { token: 'office' }, 'no token that is initialized'],
    [[office], { token: 'office', serial: 's1' }, '--token and --serial are two names'],
  ])('refuses what is not one token: %#', (slots, values, why) => {
    expect(refused(slots, values)).toContain(why);
  });
});

describe('a PIN', () => {
  it.each([{}, { pinState: 'few-tries-left' }] as const)('may be tried: %o', (given) => {
    expect(() => checkPinState(tokenFacts(given))).not.toThrow();
  });

  it.each([
    [{ pinState: 'final-try' }, 'one more wrong PIN locks the token'],
    [{ pinState: 'locked' }, 'locked'],
    [{ pinInitialized: false }, 'no user PIN yet'],
  ] as const)('is not tried, nor asked for: %o', (given, why) => {
    expect(() => checkPinState(tokenFacts(given))).toThrow(
      expect.objectContaining({ code: 'provider-misconfigured', message: expect.stringContaining(why) }),
    );
  });
});
