import { endsWithin } from '#runtime/within.ts';
import { WakeUp } from './wake-up.ts';

export interface ScheduleSettings {
  /** Pause between the end of one run and the start of the next, in seconds. */
  everySeconds: number;
  /** What is done. A failure does not end the schedule. */
  work: () => Promise<void>;
  onFailure: (error: unknown) => void;
}

/** Does some work when it starts and then again and again, never twice at a time, until it is stopped. */
export class Schedule {
  readonly #settings: ScheduleSettings;
  readonly #end = new WakeUp();
  #isEnding = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(settings: ScheduleSettings) {
    this.#settings = settings;
  }

  /** Begins with a run at once. */
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
    const { everySeconds, work, onFailure } = this.#settings;
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
