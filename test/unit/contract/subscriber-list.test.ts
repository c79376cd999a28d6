import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purposesOf, readSubscriberList, type SubscriberRow } from '#contract/subscriber-list.ts';
import { EscrowError } from '#domain/errors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { assurances } from '#domain/purpose.ts';

const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
const columns = header.split(',');
const ada = "ada,Ada,O'Brien,ada@acme.example,identity,RSA_2048,medium";
const bob = 'bob,Bob,Li,bob@acme.example,encryption,ECC_NIST_P256,medium-token';

function read(...lines: string[]) {
  return readSubscriberList(Buffer.from(lines.join('\n')));
}

function idsOf({ rows }: { rows: SubscriberRow[] }): string[] {
  return rows.map(({ subscriberId }) => subscriberId);
}

function refusalOf(bytes: Uint8Array): EscrowError {
  try {
    readSubscriberList(bytes);
  } catch (error) {
    if (error instanceof EscrowError) return error;
    throw error;
  }
  throw new TypeError('was not refused');
}

describe('a good list', () => {
  it('gives its rows in the words of the file', () => {
    expect(read(header, ada)).toEqual({
      rows: [
        {
          subscriberId: 'ada',
          givenName: 'Ada',
          familyName: "O'Brien",
          email: 'ada@acme.example',
          purposes: 'identity',
          keySpec: 'RSA_2048',
          assurance: 'medium',
        },
      ],
      refused: [],
    });
  });

  it('may have its columns in any order', () => {
    const reversed = (line: string) => line.split(',').reverse().join(',');
    expect(read(reversed(header), reversed(ada), reversed(bob))).toEqual(read(header, ada, bob));
  });

  it.each([
    ['a byte order mark', `\ufeff${header}\n${ada}\n${bob}\n`],
    ['CRLF', `${header}\r\n${ada}\r\n${bob}\r\n`],
    ['no line break at the end', `${header}\n${ada}\n${bob}`],
    ['a byte order mark, CRLF and quotes', `\ufeff"${columns.join('","')}"\r\n${ada}\r\n${bob}\r\n`],
    ['empty lines', `${header}\n\n${ada}\n\n\n${bob}\n\n`],
  ])('may have %s', (_what, text) => {
    const list = readSubscriberList(Buffer.from(text));
    expect(idsOf(list)).toEqual(['ada', 'bob']);
    expect(list.refused).toEqual([]);
  });

  it('may quote what has commas, quotes and line breaks', () => {
    const quoted = 'dev,,"Signer 02, Building ""C""",pki@acme.example,identity,RSA_2048,medium';
    expect(read(header, quoted).rows[0]?.familyName).toBe('Signer 02, Building "C"');
    const broken = read(header, ada.replace("O'Brien", '"O\nBrien"'), bob);
    expect(broken.refused).toMatchObject([{ row: 2, field: 'familyName' }]);
    expect(idsOf(broken)).toEqual(['bob']);
  });

  it('may be of nobody', () => {
    expect(read(header)).toEqual({ rows: [], refused: [] });
  });

  it('may ask for both purposes, in one row or in two', () => {
    const both = ada.replace('identity', 'identity+encryption');
    expect(read(header, both).rows.flatMap(purposesOf)).toEqual(['identity', 'encryption']);
    const two = read(header, ada, ada.replace('identity', 'encryption'));
    expect(two.refused).toEqual([]);
    expect(two.rows.flatMap(purposesOf)).toEqual(['identity', 'encryption']);
  });
});

describe('a file that is no such list', () => {
  it.each([
    ['is empty', '', 'has no column'],
    ['has no header', ada, 'has no column'],
    ['lacks a column', header.replace(',email', ''), 'has no column email'],
    [
      'lacks two columns',
      'subscriberId,givenName,familyName,email,purposes',
      'has no column keySpec, assurance',
    ],
    ['has an unknown column', `${header},password`, 'has an unknown or repeated column'],
    ['repeats a column', `${header},email`, 'has an unknown or repeated column'],
    ['spells a column otherwise', header.replace('keySpec', 'keyspec'), 'has no column keySpec'],
    ['has an open quote in its header', `"${header}\n${ada}`, 'has no column'],
  ])('is refused whole: it %s', (_what, text, why) => {
    const { code, details, next } = refusalOf(Buffer.from(text));
    expect(code).toBe('invalid-input');
    expect(details.field).toBe('subscriber list');
    expect(details.why).toContain(why);
    expect(next).toContain(header);
  });

  it.each([
    ['Latin-1', Buffer.from(`${header}\n${ada.replace("O'Brien", 'Núñez')}`, 'latin1')],
    ['UTF-16', Buffer.from(`\ufeff${header}\n${ada}`, 'utf16le')],
    ['a cut character', Buffer.concat([Buffer.from(`${header}\n${ada}`), Buffer.of(0xc3)])],
  ])('is refused whole as %s', (_what, bytes) => {
    expect(refusalOf(bytes).details.why).toBe('is not CSV in UTF-8');
  });

  it('is not repeated in the message', () => {
    const { message, next } = refusalOf(Buffer.from(`${header},MARKED\n${ada}`));
    expect(message + next).not.toContain('MARKED');
  });
});

describe('a bad row', () => {
  it.each([
    ['subscriberId', ada.replace('ada,', ',')],
    ['subscriberId', ada.replace('ada,', '../ada,')],
    ['givenName', ada.replace('Ada', 'A\u0000da')],
    ['familyName', ada.replace("O'Brien", '')],
    ['familyName', ada.replace("O'Brien", 'We\u200bber')],
    ['familyName', ada.replace("O'Brien", 'B'.repeat(64))],
    ['email', ada.replace('@', ' at ')],
    ['email', ada.replace('ada@acme.example', '')],
    ['purposes', ada.replace('identity', 'signing')],
    ['purposes', ada.replace('identity', 'encryption+identity')],
    ['keySpec', ada.replace('RSA_2048', 'RSA_1024')],
    ['keySpec', ada.replace('RSA_2048', 'ED25519')],
    ['keySpec', ada.replace('RSA_2048', '')],
    ['assurance', ada.replace('medium', 'high')],
    ['(row)', ada.replace(',medium', '')],
    ['(row)', `${ada},more`],
    ['(row)', ada.replace('Ada', '"Ada')],
    ['(row)', ada.replace('Ada', 'A"da')],
    ['(row)', ada.replace('Ada', '"A"da')],
  ])('is refused at %s, and its neighbours go through: %s', (field, bad) => {
    const before = bob.replace(/bob/g, 'before');
    const list = read(header, before, bad, bob);
    expect(idsOf(list)).toEqual(['before', 'bob']);
    // Each says what is wrong, and not only that something is.
    for (const { why } of list.refused) expect(why).not.toMatch(/^is not valid/);
    expect(list.refused).toEqual([
      {
        row: 3,
        field,
        why: expect.stringMatching(/^[a-z]|^RSA /),
        next: expect.stringMatching(/^[A-Z].*\.$/),
      },
    ]);
  });

  it('tells every field at fault, a line each', () => {
    const { refused } = read(header, ',,,nobody,none,none,none');
    expect(refused.map(({ row, field }) => `${row} ${field}`)).toEqual([
      '2 subscriberId',
      '2 familyName',
      '2 email',
      '2 purposes',
      '2 keySpec',
      '2 assurance',
    ]);
  });

  it('asks again for what an earlier one asked for', () => {
    const { rows, refused } = read(header, ada, bob, ada.replace('identity', 'identity+encryption'));
    expect(rows.length).toBe(2);
    expect(refused).toMatchObject([{ row: 4, field: 'subscriberId' }]);
    expect(refused[0]?.why).toContain('second identity certificate of the subscriber of row 2');
  });

  it('keeps the numbers that a spreadsheet shows, whatever stands before it', () => {
    const bad = ada.replace('medium', 'high');
    const { refused } = read(header, '', ada.replace("O'Brien", '"O\nBrien"'), '', 'x,"y', bad);
    expect(refused.map(({ row, field }) => [row, field])).toEqual([
      [3, 'familyName'],
      [5, '(row)'],
      [6, 'assurance'],
    ]);
  });

  it('never has its values repeated', () => {
    const { refused } = read(header, columns.map(() => 'MARKED VALUE').join(','), 'MARKED,"MARKED');
    expect(refused.length).toBeGreaterThan(5);
    expect(JSON.stringify(refused)).not.toContain('MARKED');
  });
});

describe('a fault in the quoting', () => {
  const bad = 'eva,Eva,"Brandt,eva@acme.example,identity,RSA_2048,medium';

  it('of several rows takes none of the others down', () => {
    const list = read(header, bad, ada, bad, bad, bob, bad);
    expect(idsOf(list)).toEqual(['ada', 'bob']);
    expect(list.refused.map(({ row }) => row)).toEqual([2, 4, 5, 7]);
  });

  it('leaves quoted rows after it whole', () => {
    const quoted = ada.replace("O'Brien", '"O, ""Brien"""');
    const list = read(header, bad, quoted, bad, bob.replace('Li', '"Li"'));
    expect(idsOf(list)).toEqual(['ada', 'bob']);
    expect(list.rows[0]?.familyName).toBe('O, "Brien"');
  });

  it('is found with CRLF too, at the end and at the beginning', () => {
    const list = readSubscriberList(Buffer.from([header, bad, ada, bad].join('\r\n')));
    expect(idsOf(list)).toEqual(['ada']);
    expect(list.refused.map(({ row }) => row)).toEqual([2, 4]);
  });

  it('in thousands of rows means that it is no list', () => {
    const many = Array.from({ length: 1_100 }, () => bad);
    expect(refusalOf(Buffer.from([header, ...many].join('\n'))).details.why).toBe('is not CSV in UTF-8');
  });
});

describe('any good list', () => {
  const anyName = fc
    .string({ unit: fc.constantFrom(...'aZ ,"\'-éńŁ王Ωя́😀'.split('')), maxLength: 30 })
    .map((text) => text.trim().normalize('NFC'))
    .filter((text) => text.isWellFormed());
  const anyRow: fc.Arbitrary<SubscriberRow> = fc.record({
    subscriberId: fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9_-])?$/),
    givenName: anyName,
    familyName: anyName.filter((text) => text.length > 0),
    email: fc.constantFrom('a@b.example', "o'x+y@sub.acme.example"),
    purposes: fc.constantFrom('identity', 'encryption', 'identity+encryption'),
    keySpec: fc.constantFrom(...keySpecNames),
    assurance: fc.constantFrom(...assurances),
  });
  const anyList = fc.uniqueArray(anyRow, { selector: ({ subscriberId }) => subscriberId, maxLength: 12 });
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;

  it('is read as it was written, whatever its order, line breaks and needless quotes', () => {
    fc.assert(
      fc.property(
        anyList,
        fc.shuffledSubarray(columns, { minLength: columns.length }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.boolean(),
        (rows, order, lineBreak, everyQuote, endsOpen) => {
          const cell = (text: string) => (everyQuote || /[",\n]/.test(text) ? quote(text) : text);
          const lines = rows.map((row) => {
            const cells: Record<string, string> = { ...row };
            return order.map((column) => cell(cells[column] ?? '')).join(',');
          });
          const text = [order.join(','), ...lines].join(lineBreak) + (endsOpen ? '' : lineBreak);
          expect(readSubscriberList(Buffer.from(text))).toEqual({ rows, refused: [] });
        },
      ),
    );
  });

  it('keeps its good rows with any garbage between them', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (garbage) => {
        const line = `${garbage.replace(/[\r\n]/g, ' ')},`;
        const list = read(header, ada, line, bob);
        expect(idsOf(list)).toEqual(['ada', 'bob']);
        expect(list.refused.map(({ row }) => row)).toEqual([3]);
      }),
    );
  });
});

describe('the examples', () => {
  const example = (name: string) =>
    readSubscriberList(readFileSync(join(import.meta.dirname, '../../../examples', name)));

  it('subscribers.csv has nothing to refuse, and everything that such a list may hold', () => {
    const { rows, refused } = example('subscribers.csv');
    expect(refused).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(12);
    expect(new Set(rows.map(({ purposes }) => purposes)).size).toBe(3);
    const specs = new Set(rows.map(({ keySpec }) => keySpec));
    for (const spec of ['RSA_2048', 'RSA_3072', 'ECC_NIST_P256', 'ECC_NIST_P384'])
      expect(specs).toContain(spec);
    expect(new Set(rows.map(({ assurance }) => assurance)).size).toBe(3);
    const names = rows.map(({ familyName }) => familyName);
    for (const kind of [/'/, / /, /-/, /\p{Script=Greek}/u, /\p{Script=Han}/u]) {
      expect(names.some((name) => kind.test(name))).toBe(true);
    }
    expect(new Set(names).size).toBeLessThan(names.length);
    expect(rows.some(({ givenName }) => givenName === '')).toBe(true);
  });

  it('subscribers.csv has a name with a combining accent, which is read in NFC', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../examples/subscribers.csv'), 'utf8');
    expect(text).toMatch(/\p{Letter}\u0301/u);
    for (const { familyName } of example('subscribers.csv').rows)
      expect(familyName).toBe(familyName.normalize('NFC'));
  });

  it('broken.csv shows ten kinds of bad rows at least, and its two good people go through', () => {
    const list = example('broken.csv');
    expect(idsOf(list)).toEqual(['grace.hopper', 'katherine.johnson']);
    const kinds = new Set(list.refused.map(({ field, why }) => `${field} ${why.replace(/\d+/g, 'n')}`));
    expect(kinds.size).toBeGreaterThanOrEqual(10);
    expect(new Set(list.refused.map(({ row }) => row)).size).toBeGreaterThanOrEqual(10);
    for (const { why, next } of list.refused) {
      expect(why).not.toBe('');
      expect(next).toMatch(/\.$/);
    }
  });
});
