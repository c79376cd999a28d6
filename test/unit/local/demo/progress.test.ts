import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Progress } from '#local/demo/progress.ts';

/** What a progress leaves on a stream of a kind. */
function shownOn(isTTY: boolean, terminal: string | undefined, use: (progress: Progress) => void): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  use(new Progress(stream, terminal));
  return String(stream.read() ?? '');
}

function threeSteps(progress: Progress): void {
  progress.say('Starting.');
  for (const done of [1, 2, 3]) progress.count('keys', done, 3);
  progress.say('Done.');
}

describe('progress', () => {
  it('counts in place on a terminal', () => {
    expect(shownOn(true, 'xterm', threeSteps)).toBe(
      'Starting.\n\r\u001b[2K  keys: 1 of 3\r\u001b[2K  keys: 2 of 3\r\u001b[2K  keys: 3 of 3\nDone.\n',
    );
  });

  it.each([
    [false, 'xterm'],
    [true, 'dumb'],
  ])('is one line a count anywhere else (terminal: %s, %s)', (isTTY, terminal) => {
    expect(shownOn(isTTY, terminal, threeSteps)).toBe('Starting.\n  keys: 3 of 3\nDone.\n');
  });

  it('ends a count that stopped short before the next line', () => {
    const shown = shownOn(true, undefined, (progress) => {
      progress.count('keys', 1, 3);
      progress.say('It failed.');
    });
    expect(shown).toBe('\r\u001b[2K  keys: 1 of 3\nIt failed.\n');
  });
});
