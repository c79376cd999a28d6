import { AwsError } from './aws-error.ts';

/**
 * What goes wrong with a request: it is refused; it is not done and the connection cut, or no answer comes (`never-arrive`); or
 * it is done and its answer lost (the connection is cut) or kept back (`never-answer`).
 */
export type Fault =
  | { kind: 'refuse'; type: string; message?: string; status?: number }
  | { kind: 'lose-answer' }
  | { kind: 'never-answer' }
  | { kind: 'cut' }
  | { kind: 'never-arrive' };

interface Planned {
  operation: string;
  fault: Fault;
  left: number;
}

/** The faults that a test ordered, and the rates that it set. */
export class Faults {
  /** How far the clock of AWS is before that of this machine, in milliseconds. */
  aheadMilliseconds = 0;
  /** Decides on each request for which nothing is planned, as by chance. */
  otherwise: (operation: string) => Fault | undefined = () => undefined;
  #planned: Planned[] = [];
  readonly #rates = new Map<string, { perSecond: number; tokens: number; at: number }>();
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Plans a fault.
   * @param operation its name, or `*` for any
   * @param times how often it happens; for good if not given
   */
  plan(operation: string, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#planned.push({ operation, fault, left: times });
  }

  throttle(operation: string, times: number): void {
    this.plan(operation, { kind: 'refuse', type: 'ThrottlingException', message: 'Rate exceeded' }, times);
  }

  /** Throttles an operation at a rate, with a bucket for one second. */
  limit(operation: string, perSecond: number): void {
    this.#rates.set(operation, { perSecond, tokens: perSecond, at: this.#now() });
  }

  clear(): void {
    this.#planned = [];
    this.#rates.clear();
    this.aheadMilliseconds = 0;
    this.otherwise = () => undefined;
  }

  /** The fault that meets this request, if any. @throws AwsError if it is refused */
  meet(operation: string): Exclude<Fault, { kind: 'refuse' }> | undefined {
    this.#holdRate(operation);
    const next = this.#planned.find((each) => each.left > 0 && ['*', operation].includes(each.operation));
    if (next !== undefined) next.left -= 1;
    const fault = next === undefined ? this.otherwise(operation) : next.fault;
    if (fault?.kind !== 'refuse') return fault;
    throw new AwsError(fault.type, fault.message, fault.status);
  }

  #holdRate(operation: string): void {
    const rate = this.#rates.get(operation);
    if (rate === undefined) return;
    const now = this.#now();
    rate.tokens = Math.min(rate.perSecond, rate.tokens + ((now - rate.at) * rate.perSecond) / 1_000);
    rate.at = now;
    if (rate.tokens < 1) throw new AwsError('ThrottlingException', 'Rate exceeded');
    rate.tokens -= 1;
  }
}
