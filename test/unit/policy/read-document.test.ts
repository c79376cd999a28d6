import { describe, expect, it } from 'vitest';
import { placeOf } from '#policy/finding.ts';
import { readDocument } from '#policy/read-document.ts';
import { policyFile } from './policies.ts';

const bytes = (text: string) => Buffer.from(text);
const cedar = '// nothing';
const good = { action: 'Escrow', purpose: 'encryption', expect: 'allowed' };

function told(text: Uint8Array, tests: Uint8Array): string[] {
  return readDocument(text, tests).findings.map(
    (finding) => `${placeOf(finding)} ${finding.code}: ${finding.why} ${finding.next}`,
  );
}

describe('a policy is read from its two files', () => {
  it('as it stands there, without a byte order mark', () => {
    const read = readDocument(bytes(`\ufeff${cedar}`), bytes(JSON.stringify([good])));
    expect(read).toEqual({ document: { cedar, tests: [good] }, findings: [] });
  });

  it('with all that its tests may say', () => {
    const tests = JSON.parse(policyFile('federal/tests.json'));
    expect(readDocument(bytes(cedar), bytes(JSON.stringify(tests)))).toMatchObject({ document: { tests } });
  });
});

describe('what is wrong with a file is said', () => {
  it.each<[string, Uint8Array, string, string[]]>([
    [
      'bytes that are no text, behind characters that stand for such',
      Buffer.concat([bytes('// ümlaut \ufffd\n// '), Buffer.from([0xe4]), bytes('\n')]),
      '[]',
      ['policy.cedar:2:4 not-text: It is not UTF-8 from here on. Save it as UTF-8.'],
    ],
    [
      'UTF-16',
      Buffer.from('\ufeff// nothing', 'utf16le'),
      '[]',
      ['policy.cedar:1:1 not-text: It is not UTF-8 from here on. Save it as UTF-8.'],
    ],
    [
      'files that are far too long',
      Buffer.alloc(2_000_000, ' '),
      ' '.repeat(2_000_000),
      [
        'policy.cedar too-much: It is longer than 65536 bytes. Shorten it.',
        'tests.json too-much: It is longer than 262144 bytes. Shorten it.',
      ],
    ],
    [
      'tests that are no JSON',
      bytes(cedar),
      '[\n  {"action": "Escrow",}\n]',
      [
        'tests.json:2:23 tests-unreadable: It is not JSON. Correct it: a list of questions, each with what it must answer.',
      ],
    ],
    [
      'tests that ask what there is not',
      bytes(cedar),
      JSON.stringify([
        good,
        { ...good, action: 'Expert', colour: 'red' },
        { ...good, roles: ['root'], length: -1 },
      ]),
      [
        expect.stringMatching(
          /^tests\.json tests-unreadable: Test 2, action, is not one of the known words\. Use one of: Enroll, /,
        ),
        'tests.json tests-unreadable: Test 2, colour, is not a known field. Leave it out, or check its spelling.',
        expect.stringMatching(/^tests\.json tests-unreadable: Test 3, length, /),
        expect.stringMatching(
          /^tests\.json tests-unreadable: Test 3, roles\.0, is not one of the known words\. Use one of: subscriber, /,
        ),
      ],
    ],
    [
      'tests that are no list',
      bytes(cedar),
      '{}',
      [expect.stringMatching(/^tests\.json tests-unreadable: It is not [^.]+\. \S/)],
    ],
    [
      'a test that expects nothing',
      bytes(cedar),
      JSON.stringify([{ action: 'Escrow', purpose: 'encryption' }]),
      ['tests.json tests-unreadable: Test 1, expect, is missing. Add it.'],
    ],
  ])('%s', (_what, text, tests, expected) => {
    expect(told(text, bytes(tests)).sort()).toEqual(expected);
  });
});
