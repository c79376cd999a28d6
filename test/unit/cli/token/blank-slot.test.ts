import { describe, expect, it } from 'vitest';
import { blankSlot } from '../../../../cli/token/blank-slot.ts';
import { slotFacts, tokenFacts } from './facts.ts';

const blankToken = tokenFacts({ label: '', serial: '', initialized: false, pinInitialized: false });
const empty = slotFacts('0');
const full = slotFacts('1', tokenFacts());
const blank = slotFacts('2', blankToken);
const second = slotFacts('3', blankToken);
const unfinished = slotFacts('4', tokenFacts({ label: 'half', pinInitialized: false }));
const slots = [empty, full, blank, second, unfinished];
const named = '--label';

describe('the slot of a new token', () => {
  it('is the first with a blank token, or the one that is named', () => {
    expect(blankSlot(slots, { label: 'new', named })).toBe(blank);
    expect(blankSlot(slots, { label: 'new', slot: '3', named })).toBe(second);
  });

  it('is that of the same label which has no PIN yet', () => {
    expect(blankSlot(slots, { label: 'half', named })).toBe(unfinished);
    expect(blankSlot(slots, { label: 'half', slot: '4', named })).toBe(unfinished);
  });

  it.each([
    [{ label: 'office' }, '--label: a token of this label is initialized already'],
    [{ label: 'new', slot: '1' }, '--slot: it holds a token that is initialized already, labelled office'],
    [{ label: 'new', slot: '4' }, '--slot: it holds a token that is initialized already, labelled half'],
    [{ label: 'new', slot: '0' }, '--slot: no token is in it'],
    [{ label: 'new', slot: '9' }, '--slot: the library has no such slot'],
  ])('is refused: %o', (values, why) => {
    expect(() => blankSlot(slots, { ...values, named })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(why) }),
    );
  });

  it('is refused where no token is blank', () => {
    expect(() => blankSlot([empty, full], { label: 'new', named })).toThrow(
      expect.objectContaining({ message: 'No slot of the library holds a token that is not initialized.' }),
    );
  });

  it('is told by the data folder, where that named the label', () => {
    expect(() => blankSlot(slots, { label: 'office', named: '--data' })).toThrow(
      '--data: the token office is initialized already',
    );
  });
});
