import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedId, enrollmentIdFrom, fingerprint, newId, sha256Hex, shortId } from '#crypto/identifiers.ts';
import { Secret } from '#domain/secret.ts';

describe('enrollmentIdFrom', () => {
  it('is the same for the same request, and safe in URLs, files and labels', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (organization, key) => {
        const id = enrollmentIdFrom(organization, key);
        expect(id).toMatch(/^enr_[a-z2-7]{26}$/);
        expect(enrollmentIdFrom(organization, key)).toBe(id);
      }),
    );
  });

  it('is another for another organization or key', () => {
    const text = fc.string({ maxLength: 5 });
    fc.assert(
      fc.property(text, text, text, text, (organization, key, otherOrganization, otherKey) => {
        const same = organization === otherOrganization && key === otherKey;
        expect(enrollmentIdFrom(organization, key) === enrollmentIdFrom(otherOrganization, otherKey)).toBe(
          same,
        );
      }),
      {
        examples: [
          ['ab', 'c', 'a', 'bc'],
          ['a","b', 'c', 'a', 'b","c'],
        ],
      },
    );
  });

  it('stays what it is from build to build: stored records are found by it', () => {
    const digest = createHash('sha256').update('["enr","org-1","key-1"]').digest();
    const bits = BigInt(`0x${digest.toString('hex')}`) >> 126n;
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
    const characters = Array.from(
      { length: 26 },
      (_unused, at) => alphabet[Number((bits >> BigInt(125 - 5 * at)) & 31n)],
    );
    expect(enrollmentIdFrom('org-1', 'key-1')).toBe(`enr_${characters.join('')}`);
  });
});

describe('derivedId', () => {
  it('differs by prefix, and by how its names are divided', () => {
    const ids = [
      derivedId('exp', 'a', 'b'),
      derivedId('exp', 'ab'),
      derivedId('enr', 'a', 'b'),
      derivedId('exp', 'a', 'b', ''),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(derivedId('exp', 'a', 'b')).toMatch(/^exp_[a-z2-7]{26}$/);
  });
});

describe('newId', () => {
  it('is another each time', () => {
    const ids = Array.from({ length: 1_000 }, () => newId('bkp'));
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^bkp_[a-z2-7]{26}$/);
  });
});

describe('shortId', () => {
  it('is the beginning after the prefix', () => {
    expect(shortId('enr_abcdefghijklmnopqrstuvwxyz')).toBe('abcdefgh');
    expect(shortId('plain')).toBe('plain');
  });
});

describe('sha256Hex', () => {
  it('is that of FIPS 180-4 for "abc"', () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256Hex(new TextEncoder().encode('abc'))).toBe(digest);
  });
});

describe('fingerprint', () => {
  it('does not depend on the order of members', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), { selector: ([name]) => name });
    fc.assert(
      fc.property(entries, (members) => {
        const forwards = { nested: [Object.fromEntries(members)] };
        const backwards = { nested: [Object.fromEntries(members.toReversed())] };
        expect(fingerprint(backwards)).toBe(fingerprint(forwards));
      }),
    );
  });

  it('depends on everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(fingerprint(one) === fingerprint(other)).toBe(same);
      }),
    );
    expect(fingerprint([1, 2])).not.toBe(fingerprint([2, 1]));
  });

  it('is the SHA-256 of the canonical JSON', () => {
    const expected = createHash('sha256').update('{"a":[1,{"c":"é","d":null}],"b":true}').digest('hex');
    expect(fingerprint({ b: true, a: [1, { d: null, c: 'é' }], absent: undefined })).toBe(expected);
  });

  it('says nothing of a secret', () => {
    expect(fingerprint({ password: Secret.fromText('one') })).toBe(
      fingerprint({ password: Secret.fromText('two') }),
    );
  });

  it('refuses what has no JSON', () => {
    expect(() => fingerprint(undefined)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value).map(([name, member]) => [name, sorted(member)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
