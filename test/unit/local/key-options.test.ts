import { describe, expect, it } from 'vitest';
import { readOptions } from '#local/arguments.ts';
import { keyOptions, keyOptionsHelp, readKeyChoice } from '#local/key-options.ts';
import { keyPlace } from '#local/open-keys.ts';

const read = (...args: string[]) => readKeyChoice(readOptions(args, keyOptions));
const token = ['--keys', 'pkcs11', '--token-module', '/lib/p11.so'];

describe('readKeyChoice', () => {
  it.each([
    [[], { keys: 'software' }],
    [['--keys', 'pkcs11'], { keys: 'pkcs11' }],
    [
      [...token, '--token-label', 'escrow', '--token-pin', 'env:PIN'],
      { keys: 'pkcs11', token: { module: '/lib/p11.so', token: { label: 'escrow' }, pin: 'env:PIN' } },
    ],
    [
      [...token, '--token-serial', '0123', '--token-pin', 'file:/run/pin'],
      { keys: 'pkcs11', token: { module: '/lib/p11.so', token: { serial: '0123' }, pin: 'file:/run/pin' } },
    ],
    [['--keys', 'kms'], { keys: 'kms', kms: {} }],
    [
      ['--keys', 'kms', '--kms-prefix', 'acme/prod', '--kms-key-source', 'kms'],
      { keys: 'kms', kms: { aliasPrefix: 'acme/prod', keySource: 'kms' } },
    ],
  ])('reads %j', (args, choice) => {
    expect(read(...args)).toEqual(choice);
  });

  it.each([
    [['--keys', 'vault'], '--keys: must be one of software, pkcs11, kms'],
    [token, '--token-pin: must say where the PIN is, beside --token-module'],
    [
      [...token, '--token-pin', 'env:PIN'],
      '--token-label: or --token-serial must say which token, beside --token-module',
    ],
    [
      [...token, '--token-pin', 'env:PIN', '--token-label', 'a', '--token-serial', 'b'],
      '--token-serial: or --token-label, not both',
    ],
    [
      ['--keys', 'pkcs11', '--token-label', 'a'],
      '--token-label: does not go with --keys pkcs11 without --token-module',
    ],
    [['--token-module', '/lib/p11.so'], '--token-module: does not go with --keys software'],
    [['--kms-prefix', 'a'], '--kms-prefix: does not go with --keys software'],
    [[...token, '--kms-prefix', 'a'], '--kms-prefix: does not go with --keys pkcs11'],
    [['--keys', 'kms', '--token-pin', 'env:PIN'], '--token-pin: does not go with --keys kms'],
    [['--keys', 'kms', '--kms-key-source', 'hsm'], '--kms-key-source: must be memory or kms'],
    [
      ['--keys', 'kms', '--kms-prefix', 'a//b'],
      '--kms-prefix: must be letters, digits, dash and underscore, in parts separated by /, and not begin with aws',
    ],
  ])('refuses %j', (args, message) => {
    expect(() => read(...args)).toThrow(expect.objectContaining({ code: 'usage', message }));
  });

  it.each([
    [[], {}, 'software (for evaluation)'],
    [['--keys', 'pkcs11'], {}, 'pkcs11, a SoftHSM token in the data folder'],
    [
      [...token, '--token-label', 'escrow', '--token-pin', 'env:PIN'],
      {},
      'pkcs11, token escrow of /lib/p11.so',
    ],
    [['--keys', 'kms'], {}, 'kms, alias/escrow/ at AWS'],
    [
      ['--keys', 'kms', '--kms-prefix', 'acme'],
      { AWS_ENDPOINT_URL: 'http://a:b@127.0.0.1:4566/x' },
      'kms, alias/acme/ at http://127.0.0.1:4566',
    ],
  ])('is told as a place: %j', (args, environment, place) => {
    expect(keyPlace(read(...args), environment)).toBe(place);
  });

  it('is told by a help text that names every option', () => {
    for (const name of Object.keys(keyOptions)) expect(keyOptionsHelp(28)).toContain(`--${name} `);
  });
});
