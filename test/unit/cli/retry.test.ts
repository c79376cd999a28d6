import { describe, expect, it } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import { retryAfter, retrying } from '../../../cli/server/retry.ts';

describe('what a server asks to wait', () => {
  const now = Date.parse('2026-01-31T08:00:00Z');
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Sat, 31 Jan 2026 08:00:30 GMT', 30_000],
    ['Sat, 31 Jan 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    [null, undefined],
  ])('by Retry-After %s is %s ms', (header, wait) => expect(retryAfter(header, now)).toBe(wait));
});

describe('trying again', () => {
  it('waits longer each time, and says so', async () => {
    const waits: number[] = [];
    const said: string[] = [];
    const settings = {
      mayPass: () => true,
      askedWait: () => undefined,
      message: (text: string) => said.push(text),
      sleep: async (wait: number) => void waits.push(wait),
      random: () => 1,
    };
    const failing = retrying(async () => {
      throw new StoreError('store-unavailable');
    }, settings);
    await expect(failing).rejects.toThrow(StoreError);
    expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
    expect(said.at(-1)).toBe('escrow: A store did not answer. Trying again in 4 s.');
  });
});
