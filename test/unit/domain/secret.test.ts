import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '#domain/secret.ts';

const text = 'correct horse battery staple';
const spellings = [
  text,
  Buffer.from(text).toString('hex'),
  Buffer.from(text).toString('base64'),
  Buffer.from(text).toJSON().data.join(','),
  Buffer.from(text).toJSON().data.join(', '),
];

function printed(work: (to: Console) => void): string {
  let all = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      all += String(chunk);
      done();
    },
  });
  work(new Console(stream, stream));
  return all;
}

const ways: [string, (secret: Secret) => string][] = [
  ['a template string', (secret) => `${secret}`],
  ['concatenation', (secret) => `${'password: '}${String(secret)}`],
  ['JSON', (secret) => JSON.stringify(secret)],
  ['JSON of what holds it', (secret) => JSON.stringify({ list: [{ password: secret }] })],
  ['util.inspect', (secret) => inspect(secret)],
  [
    'util.inspect, deep and hidden',
    (secret) => inspect({ a: { b: secret } }, { depth: 9, showHidden: true }),
  ],
  ['format %s', (secret) => format('%s', secret)],
  ['format %o', (secret) => format('%o', secret)],
  ['format %O', (secret) => format('%O', secret)],
  ['format %j', (secret) => format('%j', secret)],
  ['console.log', (secret) => printed((to) => to.log('password', secret, { secret }))],
  ['console.dir', (secret) => printed((to) => to.dir({ secret }, { depth: null, showHidden: true }))],
  ['console.table', (secret) => printed((to) => to.table([{ secret }]))],
  ['an error message', (secret) => String(new TypeError(`no ${secret}`).stack)],
  ['its own members', (secret) => JSON.stringify(Object.entries(secret))],
  ['a copy by spreading', (secret) => inspect({ ...secret })],
];

describe('a secret', () => {
  it.each(ways)('does not show its bytes by %s', (_name, show) => {
    const shown = show(Secret.fromText(text));
    for (const spelling of spellings) expect(shown).not.toContain(spelling);
  });

  // Except by console.dir, which asks no object how it wants to be shown.
  it.each(ways.slice(0, 11))('says that there is one by %s', (_name, show) => {
    expect(show(Secret.fromText(text))).toContain('[secret]');
  });

  it('gives its bytes and text to whoever asks by name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (any) => {
        const secret = Secret.fromText(any);
        expect(secret.text()).toBe(any);
        expect(secret.bytes()).toEqual(new TextEncoder().encode(any));
      }),
    );
  });

  it('keeps a byte order mark in its text, as its bytes do', () => {
    expect(new Secret(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)).text()).toBe('\ufeffa');
  });

  it('is overwritten where it stands', () => {
    const bytes = new TextEncoder().encode(text);
    const secret = new Secret(bytes);
    expect(secret.bytes()).toBe(bytes);
    secret.erase();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});
