import type { Secret } from './secret.ts';

/** What the subscriber presents to open the own lock. */
export type Unlocking =
  | { password: Secret }
  /** The wrapped key itself, which only the holder of the recipient key could take out of the locked record. */
  | { wrappedKey: Uint8Array }
  | { held: true };
