/** Lets one sleeper be woken. A call that comes while nobody sleeps is kept: the next sleep ends at once. */
export class WakeUp {
  #isCalled = false;
  #rise: (() => void) | undefined;

  call(): void {
    this.#isCalled = true;
    this.#rise?.();
  }

  /** Whether it was called since the last sleep; a call that was told of is no longer kept. */
  wasCalled(): boolean {
    const isCalled = this.#isCalled;
    this.#isCalled = false;
    return isCalled;
  }

  /** Sleeps until it is called, or until the time is over. @param milliseconds no end if absent */
  async sleep(milliseconds?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.#isCalled) {
      await new Promise<void>((resolve) => {
        this.#rise = resolve;
        if (milliseconds !== undefined) timer = setTimeout(resolve, Math.max(1, milliseconds));
      });
    }
    clearTimeout(timer);
    this.#rise = undefined;
    this.#isCalled = false;
  }
}
