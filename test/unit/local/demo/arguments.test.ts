import { describe, expect, it } from 'vitest';
import { help, parseDemoArguments } from '#local/demo/arguments.ts';

const defaults = {
  out: 'out',
  data: '.escrow-demo',
  keys: 'software',
  subscribers: 'examples/subscribers.csv',
  policy: 'general',
  standIn: false,
  json: false,
  help: false,
};

describe('the arguments of the demo', () => {
  it.each([
    [[], {}],
    [['--out', 'a', '--data=b'], { out: 'a', data: 'b' }],
    [['--keys', 'pkcs11', '--json'], { keys: 'pkcs11', json: true }],
    [['--subscribers', 'my list.csv'], { subscribers: 'my list.csv' }],
    [['--policy', 'own-policy'], { policy: 'own-policy' }],
    [
      ['--keys', 'kms', '--kms-stand-in', '--kms-key-source', 'kms'],
      { keys: 'kms', kms: { keySource: 'kms' }, standIn: true },
    ],
    [['-h'], { help: true }],
  ])('are read: %j', (args, changed) => {
    expect(parseDemoArguments(args)).toEqual({ ...defaults, ...changed });
  });

  it.each([
    [['--keys', 'paper'], '--keys: must be one of software, pkcs11, kms'],
    [['--out='], '--out: the option lacks its value'],
    [['--data', ''], '--data: the option lacks its value'],
    [['--subscribers'], '--subscribers: the option lacks its value'],
    [['--kms-stand-in'], '--kms-stand-in: does not go with --keys software'],
    [['--bogus'], '--bogus: there is no such option'],
    [['--json=1'], '--json: the option takes no value'],
    [['surplus'], 'an argument stands there that belongs to no option'],
  ])('are refused as wrong usage: %j', (args, message) => {
    expect(() => parseDemoArguments(args)).toThrow(expect.objectContaining({ code: 'usage', message }));
  });

  it('are all told by the help, with their defaults', () => {
    for (const [name, value] of Object.entries(defaults)) {
      expect(help).toContain(`--${name === 'standIn' ? 'kms-stand-in' : name}`);
      if (typeof value === 'string') expect(help).toContain(`(default ${value})`);
    }
  });

  it('are told by the help with what happens to keys, and to money', () => {
    for (const word of [
      'give up each key',
      'AWS_ENDPOINT_URL_KMS',
      'is not AWS',
      'cost money',
      '--kms-prefix',
    ]) {
      expect(help).toContain(word);
    }
  });
});
