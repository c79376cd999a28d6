import { InputError } from '#domain/errors.ts';
import type { Endpoint } from './endpoint.ts';

/** What stands at an address: the endpoints by method. */
interface Place {
  pattern: RegExp;
  names: string[];
  byMethod: Map<string, Endpoint>;
}

/** An endpoint that a request is for, and the raw parameters of its path. */
export interface Match {
  endpoint: Endpoint;
  params: Record<string, string>;
}

/**
 * Finds endpoints by method and path. A path matches letter by letter; a parameter is one whole segment, decoded.
 */
export class Matcher {
  readonly #places = new Map<string, Place>();

  constructor(endpoints: readonly Endpoint[]) {
    for (const endpoint of endpoints) {
      const { path, method } = endpoint.route;
      const place = this.#places.get(path) ?? placeOf(path);
      place.byMethod.set(method, endpoint);
      this.#places.set(path, place);
    }
  }

  /**
   * @returns the match; or the methods that there are at a path that is known, none at one that is not
   * @throws InputError `no-such-route` if a parameter is not encoded as URLs are
   */
  find(method: string, path: string): Match | { allowed: string[] } {
    for (const { pattern, names, byMethod } of this.#places.values()) {
      const found = pattern.exec(path);
      if (found === null) continue;
      const endpoint = byMethod.get(method === 'HEAD' ? 'GET' : method);
      if (endpoint === undefined) return { allowed: [...byMethod.keys()].flatMap(withHead) };
      const values = found.slice(1).map(decoded);
      return {
        endpoint,
        params: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
      };
    }
    return { allowed: [] };
  }
}

function placeOf(path: string): Place {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const pattern = path
    .split(/\{\w+\}/)
    .map((literal) => literal.replaceAll('.', '\\.'))
    .join('([^/]+)');
  return { pattern: new RegExp(`^${pattern}$`), names, byMethod: new Map() };
}

/** What can be read can be asked for its head (RFC 9110 section 9.3.2). */
function withHead(method: string): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new InputError('no-such-route');
  }
}
