import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nextSteps } from '../../../../cli/token/next-steps.ts';

describe('the next steps with a new token', () => {
  it('name library, label and PIN in full, each one word to a shell', () => {
    const place = { module: '/opt/a b/lib.so', label: "it's", pin: 'file:pins/pin' };
    const pin = resolve('pins/pin');
    expect(nextSteps(place)).toBe(`Next:
  escrow token probe --module '/opt/a b/lib.so' --token 'it'\\''s' --pin file:${pin}
  npm start -- --keys pkcs11 --token-module '/opt/a b/lib.so' --token-label 'it'\\''s' --token-pin file:${pin}`);
  });

  it('say where a PIN that only a person knows must be for the service', () => {
    const said = nextSteps({ module: '/lib.so', label: 'office' });
    expect(said).toContain('escrow token probe --module /lib.so --token office\n');
    expect(said).toMatch(
      /--token-pin file:PATH\nThe service reads the PIN from a file that only it can read\.$/,
    );
  });

  it('leave another kind of reference as it is', () => {
    expect(nextSteps({ module: '/lib.so', label: 'a', pin: 'secretsmanager:hsm#pin' })).toContain(
      '--token-pin secretsmanager:hsm#pin',
    );
  });

  it('name only the data folder of a token that stands in one', () => {
    expect(nextSteps({ module: '/lib.so', label: 'a', pin: 'file:x/pin', data: '.escrow' })).toBe(`Next:
  escrow token probe --data ${resolve('.escrow')}
  npm start -- --data ${resolve('.escrow')} --keys pkcs11`);
  });
});
