import { describe, expect, it } from 'vitest';
import { ProviderError } from '#domain/errors.ts';
import { explain } from '#domain/plain-words.ts';
import { inOurWords } from '../../../../cli/token/token-error.ts';

/** What a person is told of an error. */
async function told(code: ProviderError['code'], details: ProviderError['details'], pin?: string) {
  const failing = () => Promise.reject(new ProviderError(code, details));
  return explain(await inOurWords<ProviderError>(failing, pin).catch((error) => error));
}

const cause = (answer: string) => new TypeError(`Pkcs11Error: ${answer}`);

describe('what went wrong with a token', () => {
  it('is told by its option, and says that a wrong PIN was tried once', async () => {
    const details = { field: 'pin', why: 'the token refused the PIN', next: 'start the service again' };
    const refused = { ...details, cause: cause('CKR_PIN_INCORRECT') };
    expect(await told('provider-misconfigured', refused)).toBe(
      '--pin: the token refused the PIN, which was tried once (CKR_PIN_INCORRECT). Make sure of it before it is tried again: tokens lock after some wrong ones. (provider-misconfigured)',
    );
    expect(await told('provider-misconfigured', refused, '--so-pin')).toMatch(/^--so-pin: /);
  });

  it('does not call a PIN tried that a new token does not take', async () => {
    const why = 'the PIN is too short or too long';
    const said = await told('provider-misconfigured', { why, cause: cause('CKR_PIN_LEN_RANGE') });
    expect(said).toBe(
      'The PIN is too short or too long. Choose another PIN (CKR_PIN_LEN_RANGE). (provider-misconfigured)',
    );
  });

  it('keeps what is to be done about an expired PIN', async () => {
    const details = { why: 'the PIN has expired', next: 'Change it.', cause: cause('CKR_PIN_EXPIRED') };
    expect(await told('provider-misconfigured', details)).toBe(
      '--pin: the PIN has expired. Change it. (provider-misconfigured)',
    );
  });

  it.each([
    ['soPin', '--so-pin'],
    ['module', '--module'],
    ['slot', '--slot'],
    ['folder', '--data'],
    ['SOFTHSM2_CONF', 'SOFTHSM2_CONF'],
  ])('names %s as %s', async (field, option) => {
    const said = await told('provider-misconfigured', { field, why: 'does not do' });
    expect(said).toBe(
      `${option}: does not do. Correct it, then run the same again. (provider-misconfigured)`,
    );
  });

  it('names what the library answered, and no service that would log in anew', async () => {
    const said = await told('provider-unavailable', { cause: cause('CKR_GENERAL_ERROR') });
    expect(said).toContain("The token's library did not do as it was asked (CKR_GENERAL_ERROR).");
    expect(said).toContain('SOFTHSM2_CONF');
    const ended = {
      why: "the token's library ended unexpectedly (SIGSEGV)",
      next: 'the service has started it',
    };
    expect(await told('provider-unavailable', ended)).toMatch(/ended unexpectedly \(SIGSEGV\)\. Look at the/);
  });

  it('is what it was where it is no error of ours', async () => {
    const error = new TypeError('a mistake in the program');
    await expect(inOurWords(() => Promise.reject(error))).rejects.toBe(error);
    expect(await inOurWords(() => 'done')).toBe('done');
  });
});
