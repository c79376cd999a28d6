import { describe, expect, it } from 'vitest';
import { help, parseServerArguments } from '#local/server/arguments.ts';

const defaults = {
  port: 8420,
  data: '.escrow',
  keys: 'software',
  webhookAllow: [],
  canaries: true,
  help: false,
};
const issuer = 'https://login.example.org';

describe('the arguments of the server', () => {
  it.each([
    [[], {}],
    [['--port', '9000', '--data=here'], { port: 9000, data: 'here' }],
    [['--port', '0'], { port: 0 }],
    [['--keys', 'pkcs11'], { keys: 'pkcs11' }],
    [['--organization', 'acme'], { organization: 'acme' }],
    [['--issuer', issuer, '--audience', 'a'], { issuer: { issuer, audience: ['a'] } }],
    [
      ['--issuer', issuer, '--audience', 'a', '--audience', 'b', '--claims', 'c.json'],
      { issuer: { issuer, audience: ['a', 'b'], claims: 'c.json' } },
    ],
    [
      ['--webhook-allow', '127.0.0.0/8', '--webhook-allow', '::1/128'],
      { webhookAllow: ['127.0.0.0/8', '::1/128'] },
    ],
    [['--witness', 'kept.jwt'], { witness: 'kept.jwt' }],
    [['--retired-keys', 'jwks.json'], { retiredKeys: 'jwks.json' }],
    [['--no-canaries'], { canaries: false }],
    [['--pretty'], { log: 'pretty' }],
    [['--json-logs'], { log: 'json' }],
    [['-h'], { help: true }],
  ])('are read: %j', (args, changed) => {
    expect(parseServerArguments(args)).toEqual({ ...defaults, ...changed });
  });

  it.each([
    [['--port', '65536'], '--port: must be a number from 0 to 65535'],
    [['--port', '-1'], '--port: '],
    [['--port', '1e3'], '--port: must be a number from 0 to 65535'],
    [['--port', 'http'], '--port: must be a number from 0 to 65535'],
    [['--port='], '--port: the option lacks its value'],
    [['--keys', 'paper'], '--keys: must be one of software, pkcs11'],
    [['--host', '0.0.0.0'], '--host: there is no such option'],
    [['--audience', 'a'], '--audience: needs --issuer beside it'],
    [['--claims', 'c.json'], '--claims: needs --issuer beside it'],
    [['--issuer', issuer], '--audience: must say what the tokens of --issuer are meant for'],
    [['--issuer', issuer, '--audience='], '--audience: the option lacks its value'],
    [
      ['--issuer', issuer, '--audience', 'a', '--organization', 'acme'],
      '--organization: is for the built-in issuer; tokens of another one say it',
    ],
    [['--organization', '../acme'], '--organization: must be letters, digits, dot, dash and underscore'],
    [['--webhook-allow', ''], '--webhook-allow: the option lacks its value'],
    [['--pretty', '--json-logs'], '--pretty: cannot be had together with --json-logs'],
    [['serve'], 'an argument stands there that belongs to no option'],
  ])('are refused as wrong usage: %j', (args, message) => {
    const refused = expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) });
    expect(() => parseServerArguments(args)).toThrow(refused);
  });

  it('are all told by the help, with their defaults', () => {
    const names =
      'port data keys organization issuer audience claims webhook-allow witness pretty json-logs help';
    for (const name of names.split(' ')) expect(help).toContain(`  --${name} `);
    for (const value of ['8420', '.escrow', 'software']) expect(help).toContain(`(default ${value})`);
  });

  it('that the help gives as examples can be read', () => {
    const examples = help.split('Examples:\n')[1]?.trim().split('\n') ?? [];
    expect(examples.length).toBeGreaterThan(2);
    for (const example of examples) {
      const args = example
        .replace(/^\s*npm start(?: -- )?/, '')
        .split(' ')
        .filter((word) => word !== '');
      expect(parseServerArguments(args)).toMatchObject({ help: false });
    }
  });
});
