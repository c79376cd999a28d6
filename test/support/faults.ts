import { ProviderError, StoreError } from '#domain/errors.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makingHere } from '#steps/key-pair-maker.ts';
import { type DueEscrowNeeds, escrowingHere } from '#steps/make-due-escrow.ts';
import { type Call, through } from './failing-ports.ts';

/**
 * How a call of a port fails:
 * - `before`: it does nothing and throws
 * - `answer-lost`: it does its work, and throws
 * - `crash`: it does nothing, nor does any call after it
 */
export type Fault = 'before' | 'answer-lost' | 'crash';

type Ports = Pick<Dependencies, 'registry' | 'documents' | 'vault' | 'keys' | 'clock' | 'build'> &
  DueEscrowNeeds;

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
  const call: Call = async (path, work) => {
    calls.push(path);
    const failing = crashed || isIt();
    crashed = fault === 'crash' && failing;
    if (failing && fault !== 'answer-lost') throw unavailable(path);
    const result = await work();
    if (failing) throw unavailable(path);
    return result;
  };
  const { registry, documents, vault, keys } = dependencies;
  const faulty = {
    ...dependencies,
    registry: through(registry, 'registry', call),
    documents: through(documents, 'documents', call),
    vault: through(vault, 'vault', call),
    keys: through(keys, 'keys', call),
  };
  const makers = { keyPairs: makingHere(faulty), dueEscrow: escrowingHere(faulty) };
  return { calls, dependencies: { ...faulty, ...makers } };
}

function unavailable(port: string): Error {
  return port.startsWith('keys')
    ? new ProviderError('provider-unavailable')
    : new StoreError('store-unavailable');
}
