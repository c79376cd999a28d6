import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachmentNamed } from '#contract/api/content-disposition.ts';
import { exportFileName } from '#domain/file-name.ts';

interface Disposition {
  type: string;
  parameters: Map<string, string>;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
const quoted = /^"((?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*)"/;

/** Reads the header by the grammar of RFC 6266 section 4.1, and nothing that does not follow it to the letter. */
function readDisposition(header: string): Disposition {
  let rest = header;
  const take = (form: RegExp): string => {
    const [whole, inner] =
      form.exec(rest) ?? expect.unreachable(`not by the grammar: ${JSON.stringify(rest)}`);
    rest = rest.slice(whole.length);
    return inner ?? whole;
  };
  const type = take(token);
  const parameters = new Map<string, string>();
  while (rest !== '') {
    take(/^[ \t]*;[ \t]*/);
    const name = take(token).toLowerCase();
    take(/^=/);
    const value = rest.startsWith('"') ? take(quoted).replaceAll(/\\(.)/g, '$1') : take(token);
    expect(parameters.has(name), 'a parameter stands there twice').toBe(false);
    parameters.set(name, value);
  }
  return { type, parameters };
}

/** The name by `filename*` (RFC 8187 section 3.2.1), read byte by byte. */
function extendedName({ parameters }: Disposition): string {
  const [, encoded = ''] =
    /^UTF-8'[A-Za-z-]*'((?:%[0-9A-F]{2}|[!#$&+.^_`|~0-9A-Za-z-])*)$/.exec(
      parameters.get('filename*') ?? '',
    ) ?? expect.unreachable('not an ext-value');
  const bytes = [...encoded.matchAll(/%(..)|(.)/g)].map(([, hex, character]) =>
    hex === undefined ? (character ?? '').charCodeAt(0) : Number.parseInt(hex, 16),
  );
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
}

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '\r',
      '\n',
      ';',
      '=',
      '%',
      '/',
      "'",
      '\0',
      '.',
      'a',
      '\u{1f511}',
      '\u202e',
      '\ud800',
    ),
  }),
);

describe('the name of a file to save', () => {
  it.each([
    ['obrien_Enroll_ID.pfx', 'obrien_Enroll_ID.pfx'],
    ['m\u00fcller_Enroll_EN.pfx', 'muller_Enroll_EN.pfx'],
    ['\u5c71\u7530_Enroll_ID.pfx', '___Enroll_ID.pfx'],
    ["o'brien (1).pfx", "o'brien (1).pfx"],
    ['a"b\\c%41;.pfx', 'a_b_c_41;.pfx'],
  ])('%s is told twice: as it is, and as %s for readers that know no other', (name, plain) => {
    const disposition = readDisposition(attachmentNamed(name));
    expect(disposition.type).toBe('attachment');
    expect([...disposition.parameters.keys()]).toEqual(['filename', 'filename*']);
    expect(disposition.parameters.get('filename')).toBe(plain);
    expect(extendedName(disposition)).toBe(name);
  });

  it('comes back as it was, whatever it is, and what is no Unicode as what stands for that', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(extendedName(readDisposition(attachmentNamed(name)))).toBe(name.toWellFormed());
      }),
      { numRuns: 1_000 },
    );
  });

  it('is one line of visible ASCII, so that nothing gets into another header', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(attachmentNamed(name)).toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('names no folder in its plain form, and has nothing that readers unescape in their own ways', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(readDisposition(attachmentNamed(name)).parameters.get('filename')).not.toMatch(/[/\\%"]/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of an export is safe in both forms, of whatever family', () => {
    fc.assert(
      fc.property(anyName, fc.constantFrom('identity', 'encryption'), (family, purpose) => {
        const name = exportFileName(family, purpose, 'pfx');
        const disposition = readDisposition(attachmentNamed(name));
        expect(extendedName(disposition)).toBe(name);
        for (const told of [name, disposition.parameters.get('filename')]) {
          expect(told).toMatch(/^[^/\\:.][^/\\:]*_Enroll_(ID|EN)\.pfx$/);
          expect(told).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
