import type { EscrowError } from '#domain/errors.ts';
import type { CloudEvent } from './messages.ts';

/** One write to a store, as it is handed out by whatever follows the store. */
export interface WrittenRecord {
  /** By which it is handed out again. */
  id: string;
  /** The events that it bears; or why they cannot be read, which is then so for good. */
  events: readonly CloudEvent[] | EscrowError;
}
