import { ProviderError, StoreError } from '#domain/errors.ts';
import type { Dependencies } from '#steps/dependencies.ts';

/**
 * How a call of a port fails:
 * - `before`: it does nothing and throws
 * - `answer-lost`: it does its work, and throws
 * - `crash`: it does nothing, nor does any call after it
 */
export type Fault = 'before' | 'answer-lost' | 'crash';

type Ports = Pick<Dependencies, 'registry' | 'documents' | 'vault' | 'keys'>;

/** Dependencies of which one call fails, and what was called of them, in order. */
export interface Faulty<D extends Ports> {
  dependencies: D;
  calls: string[];
}

/**
 * Wraps the ports that keep and make things, so that one of their calls fails.
 * @param at which: the n-th, counted from 1, or the first of a name as in `vault.put`; none fails if it is left out
 */
export function withFault<D extends Ports>(
  dependencies: D,
  fault: Fault = 'before',
  at: number | string = Infinity,
): Faulty<D> {
  const calls: string[] = [];
  const isIt = () => (typeof at === 'number' ? calls.length === at : calls.indexOf(at) === calls.length - 1);
  let crashed = false;
  const wrap = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, property) {
        const member: unknown = Reflect.get(target, property);
        const path = `${name}.${String(property)}`;
        if (typeof member === 'object' && member !== null && !Array.isArray(member))
          return wrap(path, member);
        if (typeof member !== 'function') return member;
        return async (...values: unknown[]) => {
          calls.push(path);
          const failing = crashed || isIt();
          crashed = fault === 'crash' && failing;
          if (failing && fault !== 'answer-lost') throw unavailable(name);
          const result: unknown = await Reflect.apply(member, target, values);
          if (failing) throw unavailable(name);
          return result;
        };
      },
    });
  const { registry, documents, vault, keys } = dependencies;
  return {
    calls,
    dependencies: {
      ...dependencies,
      registry: wrap('registry', registry),
      documents: wrap('documents', documents),
      vault: wrap('vault', vault),
      keys: wrap('keys', keys),
    },
  };
}

function unavailable(port: string): Error {
  return port.startsWith('keys')
    ? new ProviderError('provider-unavailable')
    : new StoreError('store-unavailable');
}
