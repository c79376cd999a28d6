import { describe, expect, it } from 'vitest';
import { RecentlyMade } from '#adapters/kms/recently-made.ts';

describe('RecentlyMade', () => {
  it('knows a name for five minutes, or until it is deleted', () => {
    let now = 0;
    const recent = new RecentlyMade(() => now);
    recent.add('one');
    now = 150_000;
    recent.add('two');
    expect([recent.has('one'), recent.has('two'), recent.has('three')]).toEqual([true, true, false]);
    now = 300_000;
    expect([recent.has('one'), recent.has('two')]).toEqual([false, true]);
    recent.add('four');
    recent.delete('two');
    expect([recent.has('two'), recent.has('four')]).toEqual([false, true]);
  });
});
