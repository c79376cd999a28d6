import { StoreError } from '#domain/errors.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makingHere } from '#steps/key-pair-maker.ts';
import { escrowingHere } from '#steps/make-due-escrow.ts';

/** Where something goes wrong, counted in calls of any port. */
export interface Fault {
  /** The call at which it goes wrong; the first is 1. */
  at: number;
  /** Whether that call takes effect, and only its answer is lost. */
  effect: 'before' | 'after';
  /** `crash`: nothing gets through any more, as if the process had ended. `once`: the calls after it go well. */
  kind: 'crash' | 'once';
}

/** Ports that fail as a fault says, and what was called through them. */
export interface FailingPorts {
  dependencies: Dependencies;
  /** Every call that was made, as in `vault.put`, the last being the one that failed, or failed first. */
  calls: string[];
  /** Whether the fault was met. */
  failed(): boolean;
}

const ports = [
  'registry',
  'documents',
  'vault',
  'policy',
  'keys',
  'ledger',
  'ledgerLog',
  'segments',
  'events',
  'notifier',
  'notices',
  'queues',
  'idempotencyKeys',
] as const satisfies readonly (keyof Dependencies)[];

/** Wraps every port but the clock, which never fails. */
export function failingPorts(dependencies: Dependencies, fault: Fault): FailingPorts {
  const calls: string[] = [];
  let failed = false;
  const call = async (name: string, work: () => unknown) => {
    if (failed && fault.kind === 'crash') throw unavailable();
    const isIt = !failed && calls.length + 1 === fault.at;
    if (!failed) calls.push(name);
    failed ||= isIt;
    if (isIt && fault.effect === 'before') throw unavailable();
    const result = await work();
    if (isIt) throw unavailable();
    return result;
  };
  const wrapped = { ...dependencies };
  const wrap = <K extends (typeof ports)[number]>(port: K) => {
    wrapped[port] = through(dependencies[port], port, call);
  };
  for (const port of ports) wrap(port);
  wrapped.keyPairs = makingHere(wrapped);
  wrapped.dueEscrow = escrowingHere(wrapped);
  return { dependencies: wrapped, calls, failed: () => failed };
}

function unavailable(): StoreError {
  return new StoreError('store-unavailable', { why: 'it was made to fail' });
}

/** Lets a call through, or not. */
export type Call = (name: string, work: () => unknown) => Promise<unknown>;

/** The same object, each method of which, and of the objects in it, goes through `call`. */
export function through<T extends object>(target: T, name: string, call: Call): T {
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target);
      const member = `${name}.${String(key)}`;
      if (typeof value === 'function') {
        return (...args: unknown[]) => call(member, () => Reflect.apply(value, target, args));
      }
      const isPort = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isPort ? through(value, member, call) : value;
    },
  });
}
