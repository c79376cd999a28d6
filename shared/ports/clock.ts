/** The time, as an argument, so that tests can set it. Never fails. */
export interface Clock {
  now(): Date;
}
