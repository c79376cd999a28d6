import { BlockList, isIP } from 'node:net';
import { InputError, SetUpError } from '#domain/errors.ts';

const longestUrl = 2_048;

/** What is not globally reachable (IANA special-purpose registry, RFC 6890), and multicast. */
const specialIpv4 = ranges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/**
 * All that is global unicast (RFC 4291 section 2.4 as IANA assigns it). Outside of it stand loopback, link-local, unique local,
 * multicast, and the addresses that hold an IPv4 address: mapped, compatible, NAT64.
 */
const globalIpv6 = ranges(['2000::/3']);
/** Within it: Teredo and its like, documentation, and 6to4, which holds an IPv4 address. */
const specialIpv6 = ranges(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Which targets webhooks are sent to: the public network by HTTPS, and what the operator opened. */
export class WebhookTargets {
  readonly #opened: BlockList;
  readonly #opensAny: boolean;

  /**
   * @param opened ranges (CIDR) that are sent to though they are not public, by HTTP as well
   * @throws SetUpError `usage` if one is no range
   */
  constructor(opened: readonly string[]) {
    this.#opened = ranges(opened);
    this.#opensAny = opened.length > 0;
  }

  /**
   * Whether something is sent to an address. What is no address is not sent to.
   * @param protocol of the URL that led there, with its colon
   */
  permits(address: string, protocol: string): boolean {
    const family = isIP(address);
    if (family === 0) return false;
    if (this.#opened.check(address, family === 4 ? 'ipv4' : 'ipv6')) return true;
    if (protocol !== 'https:') return false;
    if (family === 4) return !specialIpv4.check(address, 'ipv4');
    return globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6');
  }

  /** As `WebhookSender.checkTarget`. */
  check(text: string): string {
    const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined) {
      throw refused('is not a URL of a target', 'Send an absolute HTTPS URL of printable ASCII characters.');
    }
    if (Math.max(text.length, url.href.length) > longestUrl) {
      throw refused('is longer than 2,048 characters', 'Shorten it.');
    }
    if (url.protocol !== 'https:' && !this.#opensAny) throw refused('is not HTTPS', 'Send an HTTPS URL.');
    if (url.username !== '' || url.password !== '') {
      throw refused('holds a user name or a password', 'Leave them out: deliveries are signed.');
    }
    if (text.includes('#')) throw refused('has a fragment', 'Leave it out: it is never sent.');
    const address = knownAddress(url);
    if (address !== undefined && !this.permits(address, url.protocol)) {
      throw refused('leads to an address that nothing is sent to', 'Send a URL of a public address.');
    }
    return url.href;
  }
}

/** The address of a URL where no look-up is needed to know it; the loopback names of RFC 6761 section 6.3 among it. */
export function knownAddress({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) return host;
  return /^(?:.+\.)?localhost\.?$/.test(host) ? '127.0.0.1' : undefined;
}

function refused(why: string, next: string): InputError {
  return new InputError('invalid-input', { field: 'url', why, next });
}

function ranges(list: readonly string[]): BlockList {
  const found = new BlockList();
  for (const range of list) {
    const [, address = '', prefix = ''] = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(range) ?? [];
    const family = isIP(address);
    if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) {
      throw new SetUpError('usage', {
        field: 'webhook targets',
        why: 'one is not a range of addresses',
        next: 'Write ranges as 127.0.0.0/8 or fd00::/8.',
      });
    }
    found.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  }
  return found;
}
