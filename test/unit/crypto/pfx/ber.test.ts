import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { der, encodeDer } from '#crypto/asn1.ts';
import {
  type Encoding,
  Fields,
  natural,
  octets,
  oidText,
  onlyElement,
  parseElement,
  tags,
} from '#crypto/pfx/ber.ts';
import { PfxError } from '#domain/errors.ts';

const parse = (hex: string, encoding: Encoding = 'DER') => parseElement(Buffer.from(hex, 'hex'), encoding);

/** The code of the refusal; what was read if there is none. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof PfxError) return error.code;
    throw error;
  }
}

describe('parseElement', () => {
  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a long tag', '1f0100'],
    ['the end-of-contents tag', '0000'],
    ['a length without its octets', '3082'],
    ['a length of five octets', '30850000000001'],
    ['a content cut short', '0402ff'],
    ['a byte after it', '050000'],
  ])('refuses %s', (_, hex) => {
    expect(outcome(() => parse(hex, 'DER'))).toBe('pfx-malformed');
    expect(outcome(() => parse(hex, 'BER'))).toBe('pfx-malformed');
  });

  it.each([
    ['an open length', '308005000000', '0500'],
    ['an open length inside another', '308030800000' + '0000', '30800000'],
    ['a length padded with a zero', '04820001ff', 'ff'],
    ['a short length in the long form', '048101ff', 'ff'],
  ])('reads %s in BER only', (_, hex, content) => {
    expect(outcome(() => parse(hex, 'DER'))).toBe('pfx-malformed');
    expect(Buffer.from(parse(hex, 'BER').content).toString('hex')).toBe(content);
  });

  it.each([
    ['of a plain element', '04800000'],
    ['that never ends', '30800500'],
    ['whose end is cut', '3080050000'],
    ['around a content cut short', '308004ff0000'],
  ])('refuses an open length %s', (_, hex) => {
    expect(outcome(() => parse(hex, 'BER'))).toBe('pfx-malformed');
  });

  it('bounds open lengths in depth and number', () => {
    const nested = (depth: number) => '3080'.repeat(depth) + '0000'.repeat(depth);
    expect(parse(nested(16), 'BER').tag).toBe(tags.sequence);
    expect(outcome(() => parse(nested(17), 'BER'))).toBe('pfx-too-large');
    const flat = (count: number) => `3080${'0500'.repeat(count)}0000`;
    expect(parse(flat(4_096), 'BER').tag).toBe(tags.sequence);
    expect(outcome(() => parse(flat(4_097), 'BER'))).toBe('pfx-too-large');
  });

  it('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('DER', 'BER'), (bytes, encoding) => {
        outcome(() => visit(bytes, encoding));
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads what forge writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const wrapped = parseElement(encodeDer(der.sequence(der.octetString(bytes))), 'DER');
        expect(octets(onlyElement(wrapped))).toEqual(bytes);
      }),
    );
  });
});

/** Everything that can be asked of bytes. */
function visit(bytes: Uint8Array, encoding: Encoding): void {
  const element = parseElement(bytes, encoding);
  outcome(() => natural(element));
  outcome(() => oidText(element));
  outcome(() => octets(element));
  new Fields(element, element.tag).rest(tags.sequence);
}

describe('Fields', () => {
  const fields = () => new Fields(parse('3005020101' + '0500'), tags.sequence);

  it('takes elements in order, and knows when there are more', () => {
    const read = fields();
    expect(natural(read.take(tags.integer))).toBe(1);
    expect(read.optional(tags.oid)).toBeUndefined();
    expect(outcome(() => read.end())).toBe('pfx-malformed');
    expect(read.take(tags.null).content).toHaveLength(0);
    expect(read.end()).toBeUndefined();
    expect(outcome(() => read.take(tags.null))).toBe('pfx-malformed');
  });

  it('refuses another type than must stand there', () => {
    expect(outcome(() => fields().take(tags.sequence))).toBe('pfx-malformed');
    expect(outcome(() => fields().rest(tags.integer))).toBe('pfx-malformed');
    expect(outcome(() => new Fields(parse('3100'), tags.sequence))).toBe('pfx-malformed');
    expect(outcome(() => new Fields(parse('0400'), tags.octetString))).toBe('pfx-malformed');
  });

  it('takes 128 elements at most', () => {
    const sequence = (count: number) =>
      encodeDer(der.sequence(...Array.from({ length: count }, () => der.null())));
    expect(new Fields(parseElement(sequence(128), 'DER'), tags.sequence).rest(tags.null)).toHaveLength(128);
    expect(outcome(() => new Fields(parseElement(sequence(129), 'DER'), tags.sequence))).toBe(
      'pfx-too-large',
    );
  });
});

describe('onlyElement', () => {
  it.each(['a000', 'a00405000500'])('refuses %s', (hex) => {
    expect(outcome(() => onlyElement(parse(hex)))).toBe('pfx-malformed');
  });
});

describe('octets', () => {
  it('joins segments in BER', () => {
    expect(octets(parse('2408040201020402' + '0304', 'BER'))).toEqual(Buffer.of(1, 2, 3, 4));
    expect(octets(parse('a0800401010401020000', 'BER'), tags.context0Primitive)).toEqual(Buffer.of(1, 2));
  });

  it('refuses what is none', () => {
    expect(outcome(() => octets(parse('0501ff')))).toBe('pfx-malformed');
    expect(outcome(() => octets(parse('8001ff')))).toBe('pfx-malformed');
    expect(outcome(() => octets(parse('3003040101', 'BER')))).toBe('pfx-malformed');
    expect(outcome(() => octets(parse('0401ff'), tags.context0Primitive))).toBe('pfx-malformed');
  });

  it('refuses segments in DER, and segments of segments', () => {
    expect(outcome(() => octets(parse('2403040101')))).toBe('pfx-malformed');
    expect(outcome(() => octets(parse('24052403040101', 'BER')))).toBe('pfx-malformed');
  });
});

describe('natural', () => {
  it.each([
    ['020100', 0],
    ['02020080', 128],
    ['0206' + '7fffffffffff', 0x7fff_ffff_ffff],
    ['0207' + '01000000000000', Number.POSITIVE_INFINITY],
  ])('reads %s', (hex, value) => {
    expect(natural(parse(hex))).toBe(value);
  });

  it.each(['0200', '0201ff', '02020001', '0203000001'])('refuses %s', (hex) => {
    expect(outcome(() => natural(parse(hex)))).toBe('pfx-malformed');
  });
});

describe('oidText', () => {
  it('reads a dotted form', () => {
    expect(oidText(parse('06092a864886f70d010701'))).toBe('1.2.840.113549.1.7.1');
  });

  it.each([
    ['an empty one', '0600'],
    ['one that ends within a number', '06022a86'],
    ['one with a padded number', '06032a8001'],
    ['one with a number beyond bounds', `060b2a${'ff'.repeat(9)}7f`],
    ['one beyond any length', `0621${'2a'.repeat(33)}`],
  ])('refuses %s', (_, hex) => {
    expect(outcome(() => oidText(parse(hex)))).toBe('pfx-malformed');
  });
});
