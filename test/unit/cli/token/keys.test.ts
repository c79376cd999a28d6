import { describe, expect, it } from 'vitest';
import type { KeyFacts } from '#adapters/pkcs11/list-keys.ts';
import { tokenKeyKinds } from '#adapters/pkcs11/token-keys.ts';
import { purposeNames } from '#domain/purpose.ts';
import { findKey } from '../../../../cli/token/find-key.ts';
import { judgeKeys } from '../../../../cli/token/judged-key.ts';
import { describeKey, describeKeys } from '../../../../cli/token/key-table.ts';
import { keyFacts, tokenFacts } from './facts.ts';

const {
  spec: _spec,
  publicKeySha256: _none,
  ...secret
} = keyFacts({ id: 'c0', kind: 'secret', type: 'AES' });
const custody: KeyFacts = { ...secret, label: 'escrow-custody', uses: ['wrap', 'unwrap'] };
const judged = (...keys: Parameters<typeof judgeKeys>[0]) => judgeKeys(keys);
const wrongOf = (given: Parameters<typeof keyFacts>[0]) => judged(keyFacts(given))[0]?.wrong ?? [];

describe('the keys of a token', () => {
  it('are known by every label that the service gives', () => {
    const labels = [...Object.values(tokenKeyKinds), ...Object.values(purposeNames)].map(
      ({ label }) => label,
    );
    const purposes = judgeKeys(labels.map((label) => keyFacts({ label }))).map(({ purpose }) => purpose);
    expect(new Set(purposes)).toEqual(
      new Set(['identity', 'encryption', 'custody', 'mac', 'binding', 'receipt']),
    );
    expect(judgeKeys([keyFacts({ label: 'theirs' }), keyFacts({ label: 'toString' })])).toMatchObject([
      { purpose: null },
      { purpose: null },
    ]);
  });

  const judgements: readonly (readonly [given: Partial<KeyFacts>, wrong: readonly string[]])[] = [
    [{}, []],
    [{ madeInToken: false, alwaysSensitive: false, neverExtractable: false }, []],
    [{ extractable: true }, ['CKA_EXTRACTABLE is true']],
    [{ sensitive: false }, ['CKA_SENSITIVE is false']],
    [{ neverExtractable: false }, ['CKA_NEVER_EXTRACTABLE is false']],
    [{ alwaysSensitive: false }, ['CKA_ALWAYS_SENSITIVE is false']],
    [{ label: 'escrow-mac', madeInToken: false }, ['CKA_LOCAL is false']],
    [{ label: 'escrow-custody', uses: ['wrap', 'unwrap', 'decrypt'] }, ['CKA_DECRYPT is true']],
    [{ label: 'theirs', extractable: true, sensitive: false }, []],
  ];
  it.each(judgements)('are judged: %o', (given, wrong) => {
    const found = wrongOf(given);
    expect(found).toHaveLength(wrong.length);
    for (const [index, words] of wrong.entries()) expect(found[index]).toContain(words);
  });

  it('are wrong where two of the service have one label, and not where two subscribers have keys', () => {
    const [first, second] = judged(custody, { ...custody, id: 'c1' });
    expect([first?.wrong, second?.wrong].flat().join()).toMatch(/(Another key has the same label.*){2}/);
    expect(judged(keyFacts(), keyFacts({ id: 'ff' })).flatMap(({ wrong }) => wrong)).toEqual([]);
  });

  it('are shown in a table: what each is for, and how it is kept', () => {
    const keys = judged(
      keyFacts(),
      keyFacts({ id: 'ab', label: 'caEncryption_keyPair', madeInToken: false, neverExtractable: false }),
      custody,
      { id: '', label: 'theirs', kind: 'secret', type: '0x13', extractable: true, uses: [] },
    );
    const rows = describeKeys(tokenFacts(), keys).split('\n').slice(3);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['0123456789ab', 'caUserCert_keyPair', 'ECC_NIST_P256', 'identity', 'never leaves, made inside'],
      ['ab', 'caEncryption_keyPair', 'ECC_NIST_P256', 'encryption', 'cannot leave any more, brought in'],
      ['c0', 'escrow-custody', 'AES', 'wrapping keys at rest', 'never leaves, made inside'],
      ['', 'theirs', '0x13', 'not of the service', 'CAN BE TAKEN OUT, of unknown origin'],
    ]);
  });

  it('are cut at the end where the terminal is narrow, and not where they are told to leave', () => {
    const shown = describeKeys(tokenFacts(), judged(keyFacts({ label: 'theirs', extractable: true })), 78);
    expect(shown).toMatch(/^0123456789ab .* CAN BE TAKEN OUT/m);
  });

  it('are told loudly when they are not as they must be', () => {
    const shown = describeKeys(tokenFacts(), judged(keyFacts({ extractable: true }), keyFacts({ id: '77' })));
    expect(shown).toContain('CAN BE TAKEN OUT, made inside');
    expect(shown).toMatch(
      /\n\nWRONG: 1 key is not as the service makes them\.\n {2}caUserCert_keyPair 0123456789ab: It can be taken out of the token/,
    );
  });

  it('may be none', () => {
    expect(describeKeys(tokenFacts(), [])).toContain('It holds no private and no secret key.');
  });
});

describe('one key', () => {
  it('is shown with all that is known of it', () => {
    const [key] = judged(keyFacts());
    expect(key && describeKey(key)).toBe(`caUserCert_keyPair
  id          0123456789abcdef0123
  for         identity: signs as its subscriber
  key         private, ECC_NIST_P256
  public key  SPKI SHA-256 ${'feed'.repeat(16)}
  kept        never leaves, made inside
              it cannot be taken out (CKA_EXTRACTABLE false)
              it cannot be read (CKA_SENSITIVE)
              it never could be taken out (CKA_NEVER_EXTRACTABLE)
              it never could be read (CKA_ALWAYS_SENSITIVE)
  may         sign`);
  });

  it('is shown where the token tells little of it', () => {
    const [key] = judged({ id: '', label: '', kind: 'secret', type: '0x13', uses: [] });
    expect(key && describeKey(key)).toBe(`(no label)
  id          (none)
  for         not of the service
  key         secret, 0x13
  kept        not told whether it can leave, of unknown origin
  may         nothing`);
  });

  const keys = judged(keyFacts(), keyFacts({ id: '01ff', publicKeySha256: 'bead'.repeat(16) }), custody);

  it.each(['0123', '0123456789ABCDEF0123', 'feed'])('is found by %s', (named) => {
    expect(findKey(keys, named)).toBe(keys[0]);
  });

  it('is found by a label that only one has', () => {
    expect(findKey(keys, 'escrow-custody')).toBe(keys[2]);
  });

  it.each([
    ['01', 'usage', 'KEY: it names 2 keys'],
    ['caUserCert_keyPair', 'usage', 'KEY: it names 2 keys'],
    ['02', 'not-found', 'KEY: the token has no such key'],
    ['escrow-cust', 'not-found', 'KEY: the token has no such key'],
  ])('is not found by %s', (named, code, message) => {
    expect(() => findKey(keys, named)).toThrow(expect.objectContaining({ code, message }));
  });
});
