import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../cli/suggest.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

/** The definition, word by word: optimal string alignment. */
function defined(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const options = [
    defined(a.slice(1), b) + 1,
    defined(a, b.slice(1)) + 1,
    defined(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
  ];
  if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0]) {
    options.push(defined(a.slice(2), b.slice(2)) + 1);
  }
  return Math.min(...options);
}

describe('the distance between two words', () => {
  it('is that of its definition', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
    fc.assert(fc.property(short, short, (a, b) => editDistance(a, b) === defined(a, b)));
  });

  it('is nothing for the same word, and the same both ways', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
      }),
    );
  });
});

describe('the nearest word', () => {
  const candidates = ['verify', 'enroll', 'export', 'list', 'receipt verify'];

  it.each([
    ['verfy', 'verify'],
    ['evrify', 'verify'],
    ['enrol', 'enroll'],
    ['ENROLL', 'enroll'],
    ['exprot', 'export'],
    ['lst', 'list'],
    ['reciept verify', 'receipt verify'],
  ])('to %s is %s', (typed, meant) => expect(nearest(typed, candidates)).toBe(meant));

  it.each(['', 'x', 'hunter2', 'zzzzzz', 'ab'])('to "%s" is none', (typed) => {
    expect(nearest(typed, candidates)).toBeUndefined();
  });
});
