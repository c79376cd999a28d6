import { describe, expect, it } from 'vitest';
import type { Protection } from '#crypto/pfx/describe.ts';
import type { PfxEncryption, PfxIntegrity } from '#domain/pfx-profile.ts';
import { guessesASecond, guessingInWords, iterationsInAll } from '../../../cli/pfx/guessing.ts';

function by<Trait extends PfxEncryption | PfxIntegrity>(
  trait: Trait,
  iterations: number | null,
): Protection<Trait> {
  return { trait, algorithm: '', iterations };
}

const aes = (iterations: number) => by('pbes2-aes256-sha256', iterations);
const file = (integrity: Protection<PfxIntegrity>, key: Protection<PfxEncryption>) => ({
  ...{ integrity, keys: [key], certificates: [aes(250_000)] },
});

describe('how fast a password is guessed', () => {
  it.each<[string, Protection<PfxIntegrity>, Protection<PfxEncryption>, number]>([
    ['a file of ours', by('mac-sha256', 250_000), aes(250_000), 80_000],
    ['one with PBMAC1', by('pbmac1', 250_000), aes(250_000), 40_000],
    ['one for a generated password', by('mac-sha256', 2_048), aes(2_048), 10_000_000],
    ['by SHA-1', by('mac-sha1', 2_048), by('sha1-triple-des', 2_048), 20_000_000],
    ['a MAC of one iteration', by('mac-sha256', 1), aes(250_000), 20_000_000_000],
    ['a key that is the cheapest', by('mac-sha256', 250_000), aes(1_000), 10_000_000],
    ['no MAC', by('none', null), aes(250_000), 40_000],
  ])('is what its cheapest derivation lets be tried: %s', (_name, integrity, key, rate) => {
    expect(guessesASecond(file(integrity, key))).toBe(rate);
  });

  it('is nothing where nothing that is known guards it, or nothing at all', () => {
    const { integrity } = file(by('other', null), aes(1));
    expect(guessesASecond({ integrity, keys: [by('other', null)], certificates: [] })).toBeUndefined();
    expect(guessesASecond(file(by('mac-sha256', 1), by('none', null)))).toBeUndefined();
  });

  it.each([
    [80_000, '80,000', '200 days'],
    [10_000_000, '10,000,000', '40 hours'],
    [20_000_000_000, '20,000,000,000', '70 seconds'],
    [1_000, '1,000', '40 years'],
  ])('is told in words: %d a second', (rate, many, time) => {
    expect(guessingInWords(rate)).toBe(
      `one graphics card tries about ${many} passwords a second: it finds a password of eight random small letters and digits in about ${time}, a generated password never`,
    );
  });
});

describe('the iterations of a file in all', () => {
  it('are those of every part that can be seen', () => {
    expect(iterationsInAll(file(by('mac-sha256', 1_000), aes(20_000)))).toBe(271_000);
    expect(iterationsInAll(file(by('none', null), by('none', null)))).toBe(250_000);
  });
});
