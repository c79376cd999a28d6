import { describe, expect, it } from 'vitest';
import { checkRefused } from '#local/demo/token-answers.ts';

const kept = { 'read CKA_VALUE': 'CKR_ATTRIBUTE_SENSITIVE', 'wrap it': 'CKR_KEY_UNEXTRACTABLE' };

describe('a token that was asked for keys', () => {
  it('is good if it gave none up', () => {
    expect(() => checkRefused([])).not.toThrow();
    expect(() => checkRefused([{ whose: 'a, identity', answers: kept }])).not.toThrow();
  });

  it.each(Object.keys(kept))('is not good if it let one thing happen: %s', (attempt) => {
    const entries = [
      { whose: 'a, identity', answers: kept },
      { whose: 'b, identity', answers: { ...kept, [attempt]: 'CKR_OK' } },
    ];
    expect(() => checkRefused(entries)).toThrow(
      expect.objectContaining({
        code: 'provider-misconfigured',
        message: `token: gave up the key of b, identity, which must never leave it: it let another process ${attempt}`,
      }),
    );
  });
});
