import { describe, expect, it } from 'vitest';
import type { NeedReport, ProbeReport } from '#adapters/pkcs11/probe.ts';
import { meaningOf } from '../../../../cli/token/probe-meaning.ts';
import { describeProbe } from '../../../../cli/token/probe-report.ts';
import { library, need, slotFacts, tokenFacts } from './facts.ts';

const rsa = need();
const p256 = need({
  need: 'ECC_NIST_P256: make a key',
  spec: 'ECC_NIST_P256',
  strategy: 'CKM_EC_KEY_PAIR_GEN',
});
const other = (serves: NeedReport['serves'], words: string): NeedReport => ({
  ...{ need: words, serves, tried: true, works: true, strategy: 'somehow', milliseconds: 3 },
});
const mac = other('own keys', 'HMAC-SHA256');
const rest = other('exportable keys', 'wrap private keys at rest');
const first = other('export', 'export, rung 1: RSA-AES');
const second = other('export', 'export, rung 2: under a transport key');
const bring = other('imported keys', 'import RSA_2048');
const request = other('requests', 'an RSA encryption key signs its own request');
const pss = other('signatures', 'RSA_2048: sign by RSA_PSS_SHA256');
const refusal = {
  ...other('refusal', 'refuse to give up a resident key'),
  strategy: 'read CKA_VALUE: CKR_ATTRIBUTE_SENSITIVE; wrap it: CKR_KEY_UNEXTRACTABLE',
};
const all = [rsa, p256, pss, request, mac, rest, first, second, bring, refusal];
const failing = (...needs: readonly NeedReport[]) =>
  all.map((each) => (needs.includes(each) ? { ...each, works: false } : each));

describe('what a probe means for the service', () => {
  it('is told of a token that does everything', () => {
    expect(meaningOf({ needs: all })).toEqual([
      'Keys that never leave the token: RSA_2048, ECC_NIST_P256.',
      'Exportable keys, with backups and copies, by rung 1: RSA-AES.',
      'Recovered keys can be brought in, never to leave again.',
    ]);
  });

  it.each([
    [
      [rest],
      'No exportable keys, so no backups and no copies of them: only keys that never leave the token.',
    ],
    [[first, second], 'No exportable keys, so no backups and no copies of them'],
    [[first], 'Exportable keys, with backups and copies, by rung 2: under a transport key.'],
    [[mac], 'THE SERVICE DOES NOT START ON THIS TOKEN'],
    [[p256], 'THE SERVICE DOES NOT START ON THIS TOKEN'],
    [[rsa], 'No such keys of RSA_2048: enrollments that ask for one are refused.'],
    [[bring], 'Recovered keys cannot all be brought in.'],
    [[request], 'Not every key for encryption that stays in the token can sign its own request.'],
    [[pss], 'Not every RSA key signs by PSS'],
    [[refusal], 'THE TOKEN DOES NOT KEEP ITS KEYS'],
  ])('is told of one that lacks something: %#', (needs, says) => {
    expect(meaningOf({ needs: failing(...needs) })).toContainEqual(expect.stringContaining(says));
  });

  it('claims nothing of what was not looked at', () => {
    const said = meaningOf({ needs: [] }).join(' ');
    expect(said).toMatch(/DOES NOT KEEP ITS KEYS.*DOES NOT START.*No exportable keys/);
    expect(said).not.toContain('Keys that never leave the token:');
  });
});

describe('the report of a probe', () => {
  const report: ProbeReport = {
    ...{ library, slot: slotFacts('5', tokenFacts()), needs: [rsa, refusal], missing: [] },
    mechanisms: [
      { name: 'CKM_ECDSA', number: 0x1041, minKeySize: 112, maxKeySize: 521, uses: ['sign', 'verify'] },
      { name: 'CKM_SHA256', number: 0x250, minKeySize: 0, maxKeySize: 0, uses: ['digest'] },
    ],
  };

  it('shows each need with its result, time and strategy', () => {
    const shown = describeProbe(report, { mechanisms: false });
    expect(shown).toContain(`Token    office (Box, serial s1, firmware 7.2), slot 5
Library  Vendor, Their library 3.1, PKCS#11 2.40

NEED                              RESULT  TIME      HOW
RSA_2048: make a key              works      12 ms  CKM_RSA_PKCS_KEY_PAIR_GEN
refuse to give up a resident key  works       3 ms  it refused all 2 tries

Nothing is missing.

For the service this means
  `);
    expect(shown).not.toContain('CKM_ECDSA');
  });

  it('tells what failed when it was tried from what is not there, and why', () => {
    const { strategy: _, ...untold } = rsa;
    const { milliseconds: _time, ...untried } = untold;
    const needs = [
      { ...untold, works: false, why: 'CKR_DATA_INVALID' },
      { ...untried, need: 'HMAC', tried: false, works: false, why: 'the token has no CKM_SHA256_HMAC' },
    ];
    const missing = ['RSA_2048: make a key: CKR_DATA_INVALID', 'HMAC: the token has no CKM_SHA256_HMAC'];
    const shown = describeProbe({ ...report, needs, missing }, { mechanisms: false });
    expect(shown).toMatch(/^RSA_2048: make a key +FAILED +12 ms +CKR_DATA_INVALID$/m);
    expect(shown).toMatch(/^HMAC +MISSING +the token has no CKM_SHA256_HMAC$/m);
    expect(shown).toContain(
      'Missing\n  RSA_2048: make a key: CKR_DATA_INVALID.\n  HMAC: the token has no CKM_SHA256_HMAC.\n',
    );
  });

  it('lists the mechanisms where they are wanted', () => {
    const shown = describeProbe(report, { mechanisms: true });
    expect(shown).toMatch(/^CKM_ECDSA +0x1041 +112 to 521 +sign, verify$/m);
    expect(shown).toMatch(/^CKM_SHA256 +0x250 +digest$/m);
  });
});
