import { describe, expect, it } from 'vitest';
import { duration, progress } from '../../../cli/terminal/progress.ts';

function shown(isTerminal: boolean) {
  let time = 0;
  let written = '';
  const line = progress({
    noun: 'requests',
    total: 1_000,
    isTerminal,
    now: () => time,
    write: (text) => {
      written += text;
    },
  });
  const at = (milliseconds: number, done: number) => {
    time = milliseconds;
    line.at(done);
  };
  return { at, end: () => line.end(), written: () => written };
}

describe('progress', () => {
  it('writes one line over and over at a terminal, and takes it away', () => {
    const { at, end, written } = shown(true);
    at(2_000, 200);
    at(2_050, 210);
    at(4_000, 500);
    end();
    expect(written()).toBe(
      '\r200 of 1000 requests (100 a second, 8 s left)\u001b[K' +
        '\r500 of 1000 requests (125 a second, 4 s left)\u001b[K\r\u001b[K',
    );
  });

  it('writes a plain line now and then elsewhere', () => {
    const { at, end, written } = shown(false);
    at(1_000, 10);
    at(6_000, 60);
    at(8_000, 80);
    end();
    expect(written()).toBe('60 of 1000 requests (10 a second, 1 min 34 s left)\n');
  });

  it('says nothing of work that is over at once', () => {
    const { at, end, written } = shown(true);
    at(10, 1_000);
    end();
    expect(written()).toBe('');
  });

  it('knows nothing of the time left before something is done', () => {
    const { at, written } = shown(false);
    at(10_000, 0);
    expect(written()).toBe('0 of 1000 requests (0.0 a second)\n');
  });
});

describe('a time span', () => {
  it.each([
    [0, '0 s'],
    [0.2, '1 s'],
    [59.5, '1 min 0 s'],
    [61, '1 min 1 s'],
    [3_600, '1 h 0 min'],
    [90_061, '25 h 1 min'],
    [-3, '0 s'],
  ])('of %d s is %s', (seconds, words) => expect(duration(seconds)).toBe(words));
});
