import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebhookTargets } from '#adapters/webhooks/targets.ts';
import { InputError, SetUpError } from '#domain/errors.ts';

const targets = new WebhookTargets([]);
const opened = new WebhookTargets(['127.0.0.0/8', 'fd00:1::/32']);

function whyNot(url: string, of = targets): string {
  try {
    return `registered as ${of.check(url)}`;
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    if (error instanceof InputError) {
      expect([error.code, error.details.field]).toEqual(['invalid-input', 'url']);
      return error.details.why ?? '';
    }
    throw error;
  }
}

const refusedAddress = 'leads to an address that nothing is sent to';

describe('an address', () => {
  it.each([
    '93.184.215.14',
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82b::200e',
    '2001:4860:4860::8888',
    '2001:200::1',
  ])('that is public is sent to, by HTTPS: %s', (address) => {
    expect(targets.permits(address, 'https:')).toBe(true);
    expect(targets.permits(address, 'http:')).toBe(false);
  });

  it.each([
    ['this network', '0.0.0.0', '0.1.2.3'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ['shared (carrier-grade NAT)', '100.64.0.1', '100.127.255.255'],
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    [
      'link-local, the metadata services among it',
      '169.254.169.254',
      'fe80::1',
      'fe80::1%lo',
      'fe80::1%eth0',
    ],
    ['for protocols', '192.0.0.8', '192.88.99.1', '2001::1', '2001:2::1', '2001:1ff::1'],
    ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    ['benchmarking', '198.18.0.1', '198.19.255.255'],
    ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
    ['reserved, broadcast', '240.0.0.1', '255.255.255.255'],
    ['unspecified', '::'],
    ['IPv4-mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1'],
    ['IPv4-compatible', '::127.0.0.1', '::8.8.8.8'],
    ['NAT64', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
    ['6to4 and Teredo, which hold an IPv4 address', '2002:7f00:1::', '2001:0:7f00:1::'],
    ['unique local', 'fc00::1', 'fd12:3456::1', 'fd00:ec2::254'],
    ['site-local, discard, segment routing', 'fec0::1', '100::1', '5f00::1'],
    ['no address', '', 'localhost', '127.1', '1.2.3.4.5', '[::1]', 'fe80::1%', '::g'],
  ])('that is %s is not sent to', (_kind, ...addresses) => {
    for (const address of addresses) {
      expect([address, targets.permits(address, 'https:')]).toEqual([address, false]);
      expect([address, targets.permits(address, 'http:')]).toEqual([address, false]);
    }
  });

  it('of IPv4 is never sent to in the guise of IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = [(a << 8) | b, (c << 8) | d].map((part) => part.toString(16)).join(':');
        for (const guise of [`::${hex}`, `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`]) {
          expect(targets.permits(guise, 'https:')).toBe(false);
        }
      }),
    );
  });

  it('that the operator opened is sent to, by HTTP as well, and no other', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', 'fd00:1::5', '::ffff:127.0.0.1']) {
      for (const protocol of ['https:', 'http:']) expect(opened.permits(address, protocol)).toBe(true);
    }
    for (const address of ['10.0.0.1', '::1', 'fd00:2::5'])
      expect(opened.permits(address, 'https:')).toBe(false);
    expect(opened.permits('8.8.8.8', 'https:')).toBe(true);
    expect(opened.permits('8.8.8.8', 'http:')).toBe(false);
  });
});

describe('a URL', () => {
  it.each([
    ['https://hooks.example.org/a?b=c', 'https://hooks.example.org/a?b=c'],
    ['https://hooks.example.org', 'https://hooks.example.org/'],
    ['HTTPS://HOOKS.example.org:443/A/../B', 'https://hooks.example.org/B'],
    ['https://hooks.example.org:8443/', 'https://hooks.example.org:8443/'],
    ['https://8.8.8.8/x', 'https://8.8.8.8/x'],
    ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
    ['https://localhost.example.org/', 'https://localhost.example.org/'],
  ])('of the public network is registered: %s', (url, normalized) => {
    expect(targets.check(url)).toBe(normalized);
    expect(targets.check(normalized)).toBe(normalized);
  });

  it.each([
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://%31%32%37.0.0.1/',
    'https://127.0.0.1./',
    'https://[::ffff:127.0.0.1]/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]:8443/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[64:ff9b::7f00:1]/',
    'https://0/',
  ])('of an address that nothing is sent to is refused at once: %s', (url) => {
    expect(whyNot(url)).toBe(refusedAddress);
  });

  it.each([
    ['', 'is not a URL of a target'],
    ['hooks.example.org', 'is not a URL of a target'],
    ['/relative', 'is not a URL of a target'],
    ['https:hooks.example.org', 'is not a URL of a target'],
    ['https:\\\\hooks.example.org', 'is not a URL of a target'],
    ['ftp://hooks.example.org/', 'is not a URL of a target'],
    ['file:///etc/passwd', 'is not a URL of a target'],
    ['javascript:alert(1)', 'is not a URL of a target'],
    ['https://', 'is not a URL of a target'],
    ['https://hooks.example.org:99999/', 'is not a URL of a target'],
    ['https://1.2.3.4.5/', 'is not a URL of a target'],
    ['https://hooks.exa mple.org/', 'is not a URL of a target'],
    ['https://hooks.example.org/\n', 'is not a URL of a target'],
    ['https://hooks.example.org/\u00e9', 'is not a URL of a target'],
    ['https://\u2460\u2461\u2466.0.0.1/', 'is not a URL of a target'],
    ['http://hooks.example.org/', 'is not HTTPS'],
    ['http://8.8.8.8/', 'is not HTTPS'],
    ['https://user@hooks.example.org/', 'holds a user name or a password'],
    ['https://user:pass@hooks.example.org/', 'holds a user name or a password'],
    ['https://:pass@hooks.example.org/', 'holds a user name or a password'],
    ['https://hooks.example.org/#part', 'has a fragment'],
    ['https://hooks.example.org/#', 'has a fragment'],
  ])('%j is refused: %s', (url, why) => {
    expect(whyNot(url)).toBe(why);
  });

  it('is 2,048 characters long at most, before and after it is normalized', () => {
    const longest = `https://hooks.example.org/${'a'.repeat(2_048 - 26)}`;
    expect(targets.check(longest)).toBe(longest);
    for (const longer of [`${longest}a`, `https://hooks.example.org/?${"'".repeat(1_000)}`]) {
      expect(whyNot(longer)).toBe('is longer than 2,048 characters');
    }
  });

  it('is not repeated where it is refused', () => {
    for (const url of ['https://u:MARKED@h.example/', 'MARKED', `https://h.example/#MARKED`]) {
      expect(() => targets.check(url)).toThrow(
        expect.not.objectContaining({ message: expect.stringMatching('MARKED') }),
      );
    }
  });

  it('of a range that the operator opened is registered, by HTTP too; a name is seen to when something is sent', () => {
    expect(opened.check('http://127.0.0.1:8080/x')).toBe('http://127.0.0.1:8080/x');
    expect(opened.check('http://localhost:8080/x')).toBe('http://localhost:8080/x');
    expect(opened.check('http://receiver.internal/')).toBe('http://receiver.internal/');
    expect(whyNot('http://8.8.8.8/', opened)).toBe(refusedAddress);
    expect(whyNot('http://10.0.0.1/', opened)).toBe(refusedAddress);
  });
});

describe('ranges that are none', () => {
  it.each(['', '127.0.0.1', '127.0.0.0/33', '::/129', 'localhost/8', '10.0.0.0/', '10.0.0.0/8 ', '10.0.0/8'])(
    'are refused at the start: "%s"',
    (range) => {
      expect(() => new WebhookTargets([range])).toThrow(SetUpError);
    },
  );
});
