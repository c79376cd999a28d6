import { describe, expect, it } from 'vitest';
import { decidedBoth } from '#ports/ledger.ts';

describe('what was decided of an act in two questions', () => {
  it('names the rules of both, each once', () => {
    const both = decidedBoth({ version: '1', rules: ['a', 'b'] }, { version: '1', rules: ['b', 'c'] });
    expect(both).toEqual({ version: '1', rules: ['a', 'b', 'c'] });
  });

  it('is what the later version decided where another was published in between', () => {
    const later = { version: '2', rules: ['c'] };
    expect(decidedBoth({ version: '1', rules: ['a'] }, later)).toEqual(later);
  });
});
