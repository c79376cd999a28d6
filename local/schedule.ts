import { endsWithin } from '#runtime/within.ts';
import { WakeUp } from './wake-up.ts';

export interface ScheduleSettings {
  /** Pause between the end of one run and the start of the next, in seconds. */
  everySeconds: number;
  /** How long the first run waits, in seconds; not at all if absent. */
  firstAfterSeconds?: number;
  /** What is done. A failure does not end the schedule. */
  work: () => Promise<void>;
  onFailure: (error: unknown) => void;
}

/** Does some work when it starts, or a while after that, and then again and again, never twice at a time, until it is stopped. */
export class Schedule {
  readonly #settings: ScheduleSettings;
  readonly #end = new WakeUp();
  #isEnding = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(settings: ScheduleSettings) {
    this.#settings = settings;
  }

  /** Begins with a run, at once unless the first is to wait. */
  start(): void {
    this.#loop = this.#repeat();
  }

  /** Begins no further run, and waits for the present one, no longer than the time given. @returns whether it ended */
  async stop(milliseconds: number): Promise<boolean> {
    this.#isEnding = true;
    this.#end.call();
    return await endsWithin(milliseconds, this.#loop);
  }

  async #repeat(): Promise<void> {
    const { everySeconds, firstAfterSeconds = 0, work, onFailure } = this.#settings;
    if (firstAfterSeconds > 0) await this.#end.sleep(firstAfterSeconds * 1_000);
    while (!this.#isEnding) {
      try {
        await work();
      } catch (error) {
        onFailure(error);
      }
      await this.#end.sleep(everySeconds * 1_000);
    }
  }
}
