import type { Needs, ReconcileRequest } from './needs.ts';

/** What began before this, in milliseconds since 1970, is dead. */
export function staleBefore({ clock }: Needs, { staleAfterSeconds }: ReconcileRequest): number {
  return clock.now().getTime() - staleAfterSeconds * 1_000;
}
