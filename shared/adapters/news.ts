import { EventEmitter, once } from 'node:events';

/** Tells whoever waits in this process that aggregates of an organization bore events. It keeps nothing. */
export class News {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  /** Wakes everybody who waits for news of this organization. */
  announce(organization: string): void {
    this.#emitter.emit(nameOf(organization));
  }

  /**
   * Waits for the next announcement; what was announced before does not count.
   * @returns true if there was one, false if the signal came first
   */
  async next(organization: string, signal: AbortSignal): Promise<boolean> {
    try {
      await once(this.#emitter, nameOf(organization), { signal });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }
}

/** No organization is called as the emitter's own `error` is. */
function nameOf(organization: string): string {
  return `of ${organization}`;
}
