import { describe, expect, it } from 'vitest';
import { describeChallenge, isKept } from '../../../../cli/token/challenge-report.ts';

const read = { attempt: 'read CKA_VALUE', answer: 'CKR_ATTRIBUTE_SENSITIVE', refused: true };
const set = { attempt: 'set CKA_EXTRACTABLE to true', answer: 'CKR_ATTRIBUTE_READ_ONLY', refused: true };
const through = { attempt: 'wrap it by CKM_AES_KEY_WRAP_KWP', answer: 'CKR_OK', refused: false };

describe('the report of a challenge', () => {
  it("shows the token's own answers, and that it refused all", () => {
    expect(describeChallenge([read, set])).toBe(`TRY                          ANSWER OF THE TOKEN
read CKA_VALUE               CKR_ATTRIBUTE_SENSITIVE  refused
set CKA_EXTRACTABLE to true  CKR_ATTRIBUTE_READ_ONLY  refused

The token itself refused all 2 tries: this key does not leave it, whoever has its PIN.`);
    expect(isKept([read, set])).toBe(true);
  });

  it('says loudly what the token let through', () => {
    const shown = describeChallenge([read, through]);
    expect(shown).toMatch(/^wrap it by CKM_AES_KEY_WRAP_KWP +CKR_OK +LET THROUGH$/m);
    expect(shown).toContain('THE TOKEN LET 1 OF 2 TRIES THROUGH: whoever has its PIN can take this key out.');
    expect(isKept([read, through])).toBe(false);
  });

  it('takes no try at all for no proof', () => {
    expect(describeChallenge([])).toContain('Nothing was tried, so nothing is known.');
    expect(isKept([])).toBe(false);
  });
});
