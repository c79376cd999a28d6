import { describe, expect, it } from 'vitest';
import { describeNewToken, describeSlots, nextWithSlots } from '../../../../cli/token/slot-table.ts';
import { library, slotFacts, tokenFacts } from './facts.ts';

const blank = tokenFacts({ label: '', serial: '', initialized: false, pinInitialized: false });

describe('the list of slots', () => {
  it('shows library, slots and tokens', () => {
    const slots = [slotFacts('7', tokenFacts()), slotFacts('12', blank), slotFacts('13')];
    expect(describeSlots({ library, slots })).toBe(`Vendor, Their library 3.1, PKCS#11 2.40

SLOT  TOKEN       MODEL  SERIAL  FIRMWARE  PIN
7     office      Box    s1      7.2       ok
12    (blank)     Box            7.2
13    (no token)`);
  });

  it('says that there is no slot', () => {
    expect(describeSlots({ library, slots: [] })).toContain('It has no slot.');
  });

  it.each([
    [
      { pinState: 'few-tries-left' },
      'FEW TRIES LEFT',
      /office: wrong PINs were tried, .* Make sure of the PIN/,
    ],
    [{ pinState: 'final-try' }, 'LAST TRY', /one more wrong PIN locks the token, so none is tried here/],
    [{ pinState: 'locked' }, 'LOCKED', /wrong PINs have locked the token\. Its security officer unlocks it/],
    [{ pinInitialized: false }, 'none yet', /no user PIN yet\. .* escrow token init with its label/],
    [{ soPinState: 'locked' }, 'ok', /office, PIN of the security officer: wrong PINs have locked/],
  ] as const)('tells how the PINs stand, and what to do: %o', (given, short, sentence) => {
    const shown = describeSlots({ library, slots: [slotFacts('1', tokenFacts(given))] });
    expect(shown).toMatch(new RegExp(`^1 +office .* ${short}$`, 'm'));
    expect(shown).toMatch(sentence);
  });

  it('lets no token write on the terminal what is no text', () => {
    const slots = [slotFacts('1', tokenFacts({ label: 'a\u001b[2Jb', pinState: 'locked' }))];
    expect(describeSlots({ library: { ...library, description: 'x\u0007' }, slots })).not.toMatch(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
      /[\u0000-\u0009\u000b-\u001f]/,
    );
  });

  it('says what to do next where no token is initialized', () => {
    expect(nextWithSlots([slotFacts('1', blank)])).toContain('escrow token init');
    expect(nextWithSlots([slotFacts('1')])).toContain('Insert one');
    expect(nextWithSlots([slotFacts('1', blank), slotFacts('2', tokenFacts())])).toBeUndefined();
  });

  it('says what a blank token has become', () => {
    expect(describeNewToken(slotFacts('1', tokenFacts()))).toBe(
      'office (Box, serial s1, firmware 7.2) is initialized, and has its PINs.',
    );
  });
});
