import pkcs11js from 'pkcs11js';
import { describe, expect, it } from 'vitest';
import { mechanismName, mechanismNames, mechanisms } from '#adapters/pkcs11/mechanisms.ts';

describe('mechanisms', () => {
  it('have the numbers that the binding has from the header of PKCS#11', () => {
    const theirs = new Map<string, unknown>(Object.entries(pkcs11js));
    const known = Object.entries(mechanisms).filter(([name]) => theirs.has(name));
    expect(known.length).toBeGreaterThan(150);
    expect(known.filter(([name, number]) => theirs.get(name) !== number)).toEqual([]);
  });

  it('have a number each', () => {
    const numbers = Object.values(mechanisms);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

describe('mechanismName', () => {
  it.each([
    [0x1041, 'CKM_ECDSA'],
    [0x210b, 'CKM_AES_KEY_WRAP_KWP'],
    [0x8000216f, 'CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD'],
    [0x80001234, '0x80001234'],
    [0x7fff, '0x00007fff'],
  ])('of 0x%x is %s', (number, name) => {
    expect(mechanismName(number)).toBe(name);
  });

  it('of several is a choice', () => {
    expect(mechanismNames([0x1041, 0x1044])).toBe('CKM_ECDSA or CKM_ECDSA_SHA256');
  });
});
