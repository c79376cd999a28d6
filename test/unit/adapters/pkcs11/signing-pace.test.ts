import { describe, expect, it } from 'vitest';
import { sign } from '#adapters/pkcs11/operations.ts';
import { paceOf, SigningPace } from '#adapters/pkcs11/signing-pace.ts';
import { fakeCryptoki, handle } from './fake-cryptoki.ts';

/** A pace after calls that took so many milliseconds: `thread 0.2`, `waited 0.03`. */
function paceAfter(...calls: string[]): SigningPace {
  const pace = new SigningPace();
  for (const call of calls) {
    const [how, milliseconds] = call.split(' ');
    pace.took(Number(milliseconds), how === 'waited');
  }
  return pace;
}

describe('SigningPace', () => {
  it.each([
    [[], false, 'at first, on a thread'],
    [['thread 0.2'], true, 'once a thread was quick, waiting is tried'],
    [['thread 1.5'], false, 'a slow token gets threads'],
    [['thread 1.5', 'thread 0.2'], true, 'the first may have been an accident'],
    [['thread 0.2', 'waited 0.03'], true, 'quick ones are waited for'],
    [['thread 0.2', 'waited 0.14', 'waited 0.03'], true, 'the first is slower than those after it'],
    [['thread 0.2', 'waited 0.5', 'waited 0.5', 'waited 0.5'], false, 'RSA is not'],
    [['thread 0.2', 'waited 0.5', 'waited 0.5', 'waited 0.5', 'thread 0.2'], false, 'nor is it tried again'],
    [
      ['thread 0.2', 'waited 0.5', 'waited 0.03', 'waited 0.5', 'waited 0.5'],
      true,
      'once quick, half a one is fine',
    ],
    [['thread 0.2', 'waited 5'], false, 'what the token makes wait for is waited for once'],
    [['thread 0.2', 'waited 0.03', 'waited 40', 'waited 40'], true, 'a busy machine is forgiven'],
    [['thread 0.2', 'waited 0.03', 'waited 40', 'waited 0.03', 'waited 40', 'waited 40'], true, 'again'],
    [['thread 0.2', 'waited 0.03', 'waited 40', 'waited 40', 'waited 40'], false, 'a token is not'],
  ])('after %j waits: %s (%s)', (calls, waits) => {
    expect(paceAfter(...calls).waits).toBe(waits);
  });
});

describe('paceOf', () => {
  it('tells tokens, mechanisms and lengths apart, and knows each again', () => {
    const [one, other] = [fakeCryptoki({}), fakeCryptoki({})];
    const pace = paceOf(one, 0x1041, 32);
    expect(paceOf(one, 0x1041, 32)).toBe(pace);
    for (const another of [paceOf(other, 0x1041, 32), paceOf(one, 0x251, 32), paceOf(one, 0x1041, 48)]) {
      expect(another).not.toBe(pace);
    }
  });

  it('is none of what the token must hash', () => {
    expect(paceOf(fakeCryptoki({}), 0x1041, 65)).toBeUndefined();
  });
});

describe('sign', () => {
  const signedBy = async (milliseconds: number) => {
    const calls: string[] = [];
    const cryptoki = fakeCryptoki({
      C_SignInit: () => {},
      C_SignAsync: async (_session, _data, output) => {
        calls.push('thread');
        return output.fill(7, 0, 64).subarray(0, 64);
      },
      C_Sign: (_session, _data, output) => {
        calls.push('waited');
        const until = performance.now() + milliseconds;
        while (performance.now() < until);
        return output.fill(7, 0, 64).subarray(0, 64);
      },
    });
    const token = { cryptoki, session: handle(1) };
    for (let index = 0; index < 6; index++) {
      const signature = await sign(token, { mechanism: 0x1041 }, handle(2), Buffer.alloc(32));
      expect(signature).toEqual(new Uint8Array(64).fill(7));
    }
    return calls;
  };

  it('begins on a thread, and leaves a token that makes it wait to threads', async () => {
    expect(await signedBy(5)).toEqual(['thread', 'waited', 'thread', 'thread', 'thread', 'thread']);
  });
});
