import type { FunctionName } from '#contract/functions.ts';
import { assumptions, type CalledService, gigabyteSeconds } from './assumptions.ts';
import { added, type Usage } from './bill.ts';

/** What one function took, over all its invocations. */
export interface FunctionShare {
  invocations: number;
  processorMilliseconds: number;
  waitingMilliseconds: number;
  gigabyteSeconds: number;
}

interface Running {
  name: FunctionName;
  waitingMilliseconds: number;
}

/** Adds up what would be billed: every call of a service, every message, every invocation. */
export class Meter {
  #usage: Usage = {};
  readonly #functions = new Map<FunctionName, FunctionShare>();
  /** Functions at work; the last one is called by those before it, which wait. */
  readonly #running: Running[] = [];

  /** Something was used. */
  add(usage: Usage): void {
    this.#usage = added(this.#usage, usage);
  }

  /** The function at work asked a service something, and waits for it. */
  called(service: CalledService, usage: Usage): void {
    this.add(usage);
    const running = this.#running.at(-1);
    if (running !== undefined) running.waitingMilliseconds += assumptions.waitMilliseconds[service];
  }

  /**
   * A function is invoked, and works until `invoke` returns.
   * @param invoke gives the processor's time that it took, and what it logged
   */
  async invocation<T extends { processorMilliseconds: number; loggedBytes: number }>(
    name: FunctionName,
    memoryMegabytes: number,
    invoke: () => Promise<T>,
  ): Promise<T> {
    const running: Running = { name, waitingMilliseconds: 0 };
    this.#running.push(running);
    try {
      const result = await invoke();
      const { waitingMilliseconds } = running;
      const { processorMilliseconds, loggedBytes } = result;
      const seconds = gigabyteSeconds({ memoryMegabytes, processorMilliseconds, waitingMilliseconds });
      this.add({
        'lambda-request': 1,
        'lambda-gb-second': seconds,
        'log-gb': (loggedBytes + assumptions.platformLogBytes) / 1e9,
        'xray-trace': assumptions.tracedShare,
      });
      this.#note(name, {
        invocations: 1,
        processorMilliseconds,
        waitingMilliseconds,
        gigabyteSeconds: seconds,
      });
      // Whoever waits for it is billed for as long.
      const caller = this.#running.at(-2);
      if (caller !== undefined) {
        caller.waitingMilliseconds += waitingMilliseconds + processorMilliseconds * assumptions.slowerCore;
      }
      return result;
    } finally {
      this.#running.pop();
    }
  }

  /** What was used since the last time, and by which functions. */
  take(): { usage: Usage; functions: Map<FunctionName, FunctionShare> } {
    const taken = { usage: this.#usage, functions: new Map(this.#functions) };
    this.#usage = {};
    this.#functions.clear();
    return taken;
  }

  #note(name: FunctionName, more: FunctionShare): void {
    const {
      invocations,
      processorMilliseconds,
      waitingMilliseconds,
      gigabyteSeconds: seconds,
    } = this.#functions.get(name) ?? {
      invocations: 0,
      processorMilliseconds: 0,
      waitingMilliseconds: 0,
      gigabyteSeconds: 0,
    };
    this.#functions.set(name, {
      invocations: invocations + more.invocations,
      processorMilliseconds: processorMilliseconds + more.processorMilliseconds,
      waitingMilliseconds: waitingMilliseconds + more.waitingMilliseconds,
      gigabyteSeconds: seconds + more.gigabyteSeconds,
    });
  }
}
