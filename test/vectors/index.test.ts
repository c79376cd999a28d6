import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { pfxVectors, readVectorIndex, vectorBytes, vectorFolder, vectorIndex } from './pfx/vector.ts';

describe('the index of the PFX vectors', () => {
  it('lists every file that is there, and none that is not', () => {
    const there = readdirSync(vectorFolder).filter((name) => name.endsWith('.p12'));
    expect(pfxVectors.map(({ file }) => file)).toEqual(there.toSorted());
  });

  it.each(pfxVectors)('has the right SHA-256 of $file', (vector) => {
    expect(createHash('sha256').update(vectorBytes(vector)).digest('hex')).toBe(vector.sha256);
  });

  it.each(pfxVectors)('says of $file what can be', (vector) => {
    const { file, maker, encoding, holds, traits, strict, inspection } = vector;
    expect(file.startsWith(`${maker}-`)).toBe(true);
    expect(traits.keys.length > 0).toBe(holds.keys.length > 0);
    expect(traits.certificates.length > 0).toBe(holds.certificates > 0);
    if (strict.refusal !== null) return;
    expect([inspection, holds.keys.length, holds.others, encoding]).toEqual([null, 1, [], 'DER']);
    expect([...traits.keys, ...traits.certificates, traits.integrity]).not.toContain('none');
  });

  it('is held to its schema', () => {
    const index = readVectorIndex();
    const [vector] = index.vectors;
    if (vector === undefined) throw new TypeError('there is no vector');
    const listing = (changed: object) => ({ ...index, vectors: [{ ...vector, ...changed }] });
    expect(v.is(vectorIndex, listing({}))).toBe(true);
    for (const changed of [
      { file: '../key.p12' },
      { maker: 'nobody' },
      { encoding: 'CER' },
      { sha256: '' },
      { openssl3: 'perhaps' },
      { strict: { profile: 'modern', refusal: 'no-such-code' } },
      { strict: { profile: 'best', refusal: null } },
      { traits: { ...vector.traits, integrity: 'mac-md5' } },
      { traits: { ...vector.traits, mostIterations: -1 } },
      { traits: { ...vector.traits, keys: ['none', 'none'] } },
      { holds: { ...vector.holds, keys: ['RSA_1024'] } },
      { comment: 'not of the schema' },
    ]) {
      expect(v.is(vectorIndex, listing(changed)), JSON.stringify(changed)).toBe(false);
    }
    expect(v.is(vectorIndex, { ...index, vectors: [vector, vector] })).toBe(false);
  });
});
