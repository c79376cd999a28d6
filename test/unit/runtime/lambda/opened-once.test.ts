import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ProviderError, StoreError } from '#domain/errors.ts';
import { failedInvocation } from '#runtime/lambda/failed-invocation.ts';
import { openedOnce } from '#runtime/lambda/opened-once.ts';

describe('what a function works with', () => {
  it('is opened once, at once, however many ask for it', async () => {
    let openings = 0;
    const opened = openedOnce(async () => {
      openings += 1;
      return openings;
    });
    expect(openings).toBe(1);
    expect(await Promise.all([opened(), opened()])).toStrictEqual([1, 1]);
    expect(await opened()).toBe(1);
  });

  it('is opened again after an opening that failed, by the next who asks', async () => {
    let openings = 0;
    const opened = openedOnce(async () => {
      openings += 1;
      if (openings < 3) throw new ProviderError('provider-unavailable');
      return openings;
    });
    await expect(opened()).rejects.toMatchObject({ code: 'provider-unavailable' });
    await expect(opened()).rejects.toMatchObject({ code: 'provider-unavailable' });
    expect(await opened()).toBe(3);
  });
});

describe('an error that leaves a function', () => {
  it.for([
    new StoreError('store-unavailable', { why: 'marked', field: 'marked', cause: new Error('marked') }),
    new TypeError('marked', { cause: { marked: 'marked' } }),
    'marked',
  ])('holds a code and nothing of what failed', (thrown) => {
    const error = failedInvocation(thrown);
    expect(error.code).toBe(thrown instanceof StoreError ? 'store-unavailable' : 'internal');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('marked');
    expect(JSON.stringify(error)).not.toContain('marked');
  });
});
