import { describe, expect, it } from 'vitest';
import { enrollmentStates, requireState } from '#domain/enrollment.ts';
import { asEscrowError } from '#domain/errors.ts';
import { explain } from '#domain/plain-words.ts';

const refusalIn = (state: (typeof enrollmentStates)[number], suiting: typeof enrollmentStates | [] = []) => {
  try {
    requireState({ state }, suiting, 'export a copy');
    return undefined;
  } catch (error) {
    return asEscrowError(error);
  }
};

describe('whoever needs an enrollment in some state', () => {
  it.each(enrollmentStates)('goes on where it is %s and that suits', (state) => {
    expect(refusalIn(state, enrollmentStates)).toBeUndefined();
  });

  it.each(enrollmentStates.filter((state) => state !== 'making'))(
    'is told that it is %s, and what to do about it',
    (state) => {
      const refusal = refusalIn(state);
      expect(refusal).toMatchObject({ code: 'wrong-state', retryable: false });
      expect(refusal && explain(refusal)).toMatch(
        new RegExp(
          `^Cannot export a copy while the enrollment is ${state}\\. [A-Z].{15,}\\. \\(wrong-state\\)$`,
        ),
      );
    },
  );

  it('is told to wait while the key pair is being made', () => {
    expect(refusalIn('making')).toMatchObject({ code: 'making-in-progress', retryable: true });
  });
});
