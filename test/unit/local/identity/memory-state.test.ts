import { describe, expect, it } from 'vitest';
import { FailedAttempts } from '#local/identity/failed-attempts.ts';
import { MemoryState } from '#local/identity/memory-adapter.ts';
import { ManualClock } from '#test/doubles/clock.ts';

describe("the library's state in memory", () => {
  const state = new MemoryState((id) => (id === 'known' ? { client_id: 'known' } : undefined));
  const codes = state.adapter('DeviceCode');

  it('is found by id, by user code and by uid, each model for itself, as a copy', async () => {
    await codes.upsert('one', { userCode: 'ABCD', uid: 'u1', grantId: 'g1' }, 60);
    const found = await codes.find('one');
    expect(found).toMatchObject({ userCode: 'ABCD' });
    if (found) found.userCode = 'changed';
    expect(await codes.findByUserCode('ABCD')).toMatchObject({ uid: 'u1' });
    expect(await codes.findByUid('u1')).toMatchObject({ userCode: 'ABCD' });
    expect(await state.adapter('Session').find('one')).toBeUndefined();
    expect(await state.adapter('Session').findByUid('u1')).toBeUndefined();
  });

  it('remembers that a code was used, and forgets what is destroyed or revoked with its grant', async () => {
    await codes.consume('one');
    expect(await codes.find('one')).toMatchObject({ consumed: expect.any(Number) });
    await codes.upsert('two', { grantId: 'g2' }, 60);
    await codes.revokeByGrantId('g1');
    expect([await codes.find('one'), await codes.find('two')]).toEqual([undefined, { grantId: 'g2' }]);
    await codes.destroy('two');
    expect(await codes.find('two')).toBeUndefined();
    await codes.consume('two');
  });

  it('forgets what has run out', async () => {
    await codes.upsert('old', { grantId: 'g3' }, -120);
    expect(await codes.find('old')).toBeUndefined();
  });

  it('is bounded: the oldest go first', async () => {
    for (let number = 0; number < 10_001; number++) await codes.upsert(`n${number}`, {}, 60);
    expect(await codes.find('n0')).toBeUndefined();
    expect(await codes.find('n1')).toBeDefined();
  });

  it('finds clients where they are kept', async () => {
    expect(await state.adapter('Client').find('known')).toEqual({ client_id: 'known' });
    expect(await state.adapter('Client').find('one')).toBeUndefined();
  });
});

describe('failed attempts', () => {
  it('are ten within fifteen minutes, for each name', () => {
    const clock = new ManualClock();
    const attempts = new FailedAttempts(clock);
    const ten = Array.from({ length: 10 }, () => attempts.begin('ada'));
    expect(ten).toEqual([...Array.from({ length: 9 }, () => 'allowed'), 'last']);
    expect([attempts.begin('ada'), attempts.begin('grace')]).toEqual(['refused', 'allowed']);
    clock.advance(15 * 60_000 - 1);
    expect(attempts.begin('ada')).toBe('refused');
    clock.advance(1);
    expect(attempts.begin('ada')).toBe('allowed');
  });

  it('are forgotten for a name that proved right', () => {
    const attempts = new FailedAttempts(new ManualClock());
    for (let time = 0; time < 10; time++) attempts.begin('ada');
    attempts.forget('ada');
    expect(attempts.begin('ada')).toBe('allowed');
  });

  it('are bounded in number of names: the one longest untried is forgotten', () => {
    const attempts = new FailedAttempts(new ManualClock());
    for (let time = 0; time < 10; time++) attempts.begin('ada');
    for (let name = 0; name < 10_000; name++) attempts.begin(`name-${name}`);
    expect(attempts.begin('ada')).toBe('allowed');
  });
});
