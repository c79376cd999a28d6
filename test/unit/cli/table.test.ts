import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth, table } from '../../../cli/terminal/table.ts';

const columns = [{ heading: 'ID' }, { heading: 'NAME', shortens: true }, { heading: 'URL', shortens: true }];

describe('a table', () => {
  it('is as wide as its cells, where there is no terminal', () => {
    expect(
      table(
        columns,
        [
          ['1', 'Eva Lund', 'https://a.example.org'],
          ['22', 'Ó', 'b'],
        ],
        { width: undefined },
      ),
    ).toBe('ID  NAME      URL\n1   Eva Lund  https://a.example.org\n22  Ó         b');
  });

  it('may stand without headings, and line up with another', () => {
    const wide = [{ heading: 'ID', least: 6 }, { heading: 'NAME' }];
    expect(table(wide, [['1', 'a']], { headed: false })).toBe('1       a');
  });

  it('shortens what may be, and nothing else', () => {
    const text = table(columns, [['identifier', 'a very long name indeed', 'https://a.example.org']], {
      width: 40,
    });
    expect(text.split('\n')[1]).toBe('identifier  a very long …  https://a.ex…');
  });

  it('leaves too narrow a terminal to the terminal', () => {
    const text = table(columns, [['identifier', 'a very long name', 'https://a.example.org']], { width: 5 });
    expect(text.split('\n')[1]).toBe('identifier  a very …  https:/…');
  });

  it('shows nothing that moves the cursor or turns text round', () => {
    expect(table(columns, [['\u001b[2J', 'a\u202eb\n', 'c']], { width: undefined })).not.toMatch(
      /(?!\n)[\p{Cc}\p{Cf}]/u,
    );
  });

  it('fits the terminal wherever its columns may give', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1 }),
        fc.integer({ min: 20, max: 80 }),
        (rows, width) => {
          const both = [
            { heading: 'A', shortens: true },
            { heading: 'B', shortens: true },
          ];
          for (const line of table(both, rows, { width }).split('\n')) {
            expect(cellWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });
});

describe('the width of text', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['王伟', 4],
    ['한글', 4],
    ['Ω', 1],
    ['', 0],
  ])('of %s is %i', (text, width) => expect(cellWidth(text)).toBe(width));
});
