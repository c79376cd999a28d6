import { describe, expect, it } from 'vitest';
import { isLoopback, serverUrl, timeoutOf, usualServer } from '../../../cli/server/settings.ts';

describe('the server that is meant', () => {
  it('is that of the option, else of the environment, else the one signed in to last, else the local one', () => {
    const environment = { ESCROW_SERVER: 'https://b.example.org' };
    const stored = 'https://c.example.org';
    expect(serverUrl('https://a.example.org', environment, stored)).toBe('https://a.example.org');
    expect(serverUrl(undefined, environment, stored)).toBe('https://b.example.org');
    expect(serverUrl(undefined, { ESCROW_SERVER: '' }, stored)).toBe('https://c.example.org');
    expect(serverUrl(undefined, {}, undefined)).toBe(usualServer);
  });

  it.each([
    ['https://a.example.org/', 'https://a.example.org'],
    ['https://A.example.org:443//', 'https://a.example.org'],
    ['https://a.example.org/escrow/', 'https://a.example.org/escrow'],
    ['http://localhost:8420', 'http://localhost:8420'],
  ])('is written one way only: %s', (typed, server) => {
    expect(serverUrl(typed, {}, undefined)).toBe(server);
  });

  it.each([
    ['a.example.org', 'it is not the URL of a server'],
    ['ftp://a.example.org', 'it is not the URL of a server'],
    ['file:///etc/passwd', 'it is not the URL of a server'],
    ['https://me:secret@a.example.org', 'it holds more than the address'],
    ['https://a.example.org/?token=x', 'it holds more than the address'],
    ['https://a.example.org/#x', 'it holds more than the address'],
    ['http://a.example.org', 'over https only'],
    ['http://10.0.0.1:8420', 'over https only'],
    ['http://127.0.0.1.example.org', 'over https only'],
    ['http://0.0.0.0:8420', 'over https only'],
  ])('is refused: %s', (typed, why) => {
    expect(() => serverUrl(typed, {}, undefined)).toThrow(why);
    expect(() => serverUrl(undefined, { ESCROW_SERVER: typed }, undefined)).toThrow(/^ESCROW_SERVER: /);
  });

  it('repeats nothing of what was typed beside the address', () => {
    expect(() => serverUrl('https://me:hunter2@a.example.org', {}, undefined)).toThrow(/^(?!.*hunter2)/s);
  });
});

describe('this machine', () => {
  it.each(['127.0.0.1', '127.9.8.7', 'localhost', 'a.localhost', '[::1]', '127.1', '0x7f.1'])(
    'is %s',
    (host) => {
      expect(isLoopback(new URL(`http://${host}:1`))).toBe(true);
    },
  );

  it.each(['128.0.0.1', '[::2]', 'localhost.example.org', 'notlocalhost', '[::ffff:7f00:1]'])(
    'is not %s',
    (host) => {
      expect(isLoopback(new URL(`http://${host}:1`))).toBe(false);
    },
  );
});

describe('a time to wait', () => {
  it.each([
    [undefined, 60_000],
    ['30', 30_000],
    ['0.5', 500],
    ['3600', 3_600_000],
  ])('of %s is %i ms', (typed, milliseconds) => expect(timeoutOf(typed)).toBe(milliseconds));

  it.each(['0', '-1', '3601', '1e3', 'soon', '', '1:00'])('of "%s" is none', (typed) => {
    expect(() => timeoutOf(typed)).toThrow('--timeout: it is not a number of seconds');
  });
});
