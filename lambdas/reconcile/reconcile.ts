import { abandonDead } from './abandon-dead.ts';
import { compareStored } from './compare-stored.ts';
import { discardLeftovers } from './discard-leftovers.ts';
import { type Duty, type Needs, nothingYet, type Reconciled, type ReconcileRequest } from './needs.ts';
import { publishAgain } from './publish-again.ts';
import { sendAgain } from './send-again.ts';
import { hasTime } from './walk.ts';

export type { Reconciled, ReconcileRequest } from './needs.ts';

/** What somebody waits for comes first; walking through what is kept comes last. */
const duties: readonly Duty[] = [
  abandonDead,
  sendAgain,
  publishAgain,
  discardLeftovers,
  async ({ queues }, { organization }, done) => {
    done.deadLetters = await queues.countDeadLetters(organization);
  },
  compareStored,
];

/**
 * Mends what crashes left behind in an organization, and finds what nobody can mend: abandons dead attempts at a key pair; sends
 * `KeyPairAwaited` for enrollments that wait for their key; publishes events that were lost; discards what a change of password,
 * a destruction, or an escrow that became due left over; removes or counts vault objects that no enrollment refers to, and tells of backups that are not in
 * the vault. Safe at any time, and to repeat. What cannot be mended now does not keep the rest from it.
 *
 * A run is bounded, however many enrollments there are: what waits is looked for by indexes, and what is kept, or was lost, in one
 * part in 256.
 * @throws StoreError `store-unavailable` if enrollments or objects cannot be read
 */
export async function reconcile(needs: Needs, request: ReconcileRequest): Promise<Reconciled> {
  const done = nothingYet();
  for (const duty of duties) {
    if (hasTime(request)) await duty(needs, request, done);
  }
  done.isCut = !hasTime(request);
  return done;
}
