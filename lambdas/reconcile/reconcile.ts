import { eventSource } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { EscrowError } from '#domain/errors.ts';
import type { Page, Registry } from '#ports/registry.ts';
import { abandonAttempt } from '#steps/abandon-attempt.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { recorded } from '#steps/record.ts';
import { supersedePendingLock } from '#steps/relock-key.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'vault' | 'keys' | 'ledger' | 'events' | 'clock'>;

export interface ReconcileRequest {
  organization: string;
  /** An attempt, or a change of a password, that started longer ago than this is dead: longer than any invocation may run. */
  staleAfterSeconds: number;
  requestId: string;
}

/** What was found and mended, by enrollment id or object name. */
export interface Reconciled {
  abandonedAttempts: string[];
  emittedAgain: string[];
  removedObjects: string[];
  /** Enrollments whose leftovers were discarded. */
  discarded: string[];
  /** What could not be mended now, by enrollment id or object name; recorded, unless it was the ledger that failed. */
  failed: string[];
}

/**
 * Mends what crashes left behind: abandons dead attempts at a key pair, sends `KeyPairAwaited` for enrollments that wait for
 * their key, discards what a change of password or a destruction left over, and removes vault objects that no enrollment
 * refers to, once their lock ends, where the vault can remove any. Safe at any time, and to repeat. What cannot be mended now
 * does not keep the rest from it.
 * @throws StoreError `store-unavailable` if enrollments or objects cannot be read, or an event cannot be published
 */
export async function reconcile(dependencies: Needs, request: ReconcileRequest): Promise<Reconciled> {
  const staleBefore = dependencies.clock.now().getTime() - request.staleAfterSeconds * 1000;
  const done: Reconciled = {
    abandonedAttempts: [],
    emittedAgain: [],
    removedObjects: [],
    discarded: [],
    failed: [],
  };
  const { organization } = request;
  for await (const enrollment of enrollmentsIn(dependencies.registry, organization, ['making'])) {
    const ended = await abandonIfDead(dependencies, enrollment, staleBefore, request);
    if (ended === 'abandoned') done.abandonedAttempts.push(enrollment.id);
    if (ended === 'failed') done.failed.push(enrollment.id);
  }
  for await (const enrollment of enrollmentsIn(dependencies.registry, organization, ['accepted'])) {
    if (Date.parse(enrollment.requestedAt) > staleBefore) continue;
    await emitAgain(dependencies, enrollment).then(
      () => done.emittedAgain.push(enrollment.id),
      () => done.failed.push(enrollment.id),
    );
  }
  for await (const enrollment of withLeftovers(dependencies.registry, organization)) {
    if (mayBeAlive(enrollment, staleBefore)) continue;
    await discardLeftovers(dependencies, enrollment, request).then(
      () => done.discarded.push(enrollment.id),
      () => done.failed.push(enrollment.id),
    );
  }
  await removeOrphans(dependencies, request, done);
  return done;
}

const pageSize = 100;

function enrollmentsIn(registry: Registry, organization: string, states: Enrollment['state'][]) {
  const asked = { organization, states, limit: pageSize };
  return each((cursor) => registry.enrollments({ ...asked, ...(cursor !== undefined && { cursor }) }));
}

function withLeftovers(registry: Registry, organization: string) {
  return each((cursor) => registry.leftovers(organization, pageSize, cursor));
}

async function* each<T>(read: (cursor: string | undefined) => Promise<Page<T>>) {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/**
 * Whether a change of password may still be at work: it counts a try before it names its record, and a later try only makes it
 * seem younger.
 */
function mayBeAlive({ tries: { lastTriedAt } }: Enrollment, staleBefore: number): boolean {
  return lastTriedAt !== undefined && Date.parse(lastTriedAt) > staleBefore;
}

async function discardLeftovers(
  dependencies: Needs,
  enrollment: Enrollment,
  { organization, requestId }: ReconcileRequest,
): Promise<void> {
  const entry = { action: 'discard-superseded', organization, principal: 'service', requestId };
  await recorded(dependencies, { ...entry, enrollmentId: enrollment.id }, async () => {
    await discardSuperseded(dependencies, await supersedePendingLock(dependencies, enrollment));
  });
}

async function abandonIfDead(
  dependencies: Needs,
  enrollment: Enrollment,
  staleBefore: number,
  { requestId }: ReconcileRequest,
): Promise<'abandoned' | 'left' | 'failed'> {
  const { organization, id: enrollmentId } = enrollment;
  // What was begun to be abandoned, and cut short, is abandoned to its end.
  const attempt = enrollment.attempt ?? enrollment.abandoned;
  if (attempt === undefined || Date.parse(attempt.startedAt) > staleBefore) return 'left';
  const entry = { action: 'abandon-attempt', organization, principal: 'service', enrollmentId, requestId };
  try {
    await recorded(dependencies, entry, () => abandonAttempt(dependencies, enrollment, attempt));
    return 'abandoned';
  } catch (error) {
    // Somebody finished or abandoned it meanwhile.
    return error instanceof EscrowError && error.code === 'wrong-state' ? 'left' : 'failed';
  }
}

async function emitAgain(
  { events, clock }: Needs,
  { organization, id, version, purpose }: Enrollment,
): Promise<void> {
  await events.publish({
    specversion: '1.0',
    id: `${id}.${version}.again`,
    source: eventSource(organization),
    type: 'KeyPairAwaited',
    time: clock.now().toISOString(),
    datacontenttype: 'application/json',
    data: { enrollmentId: id, purpose },
  });
}

async function removeOrphans(
  dependencies: Needs,
  { organization, requestId }: ReconcileRequest,
  done: Reconciled,
): Promise<void> {
  const { vault, registry, clock } = dependencies;
  const { removable } = vault;
  if (removable === undefined) return;
  for await (const { name, version, retainUntil } of each((at) => vault.list(`${organization}/`, at))) {
    if (retainUntil !== undefined && retainUntil > clock.now()) continue;
    const enrollmentId = name.split('/')[1] ?? '';
    const enrollment = await registry.read('enrollment', organization, enrollmentId);
    if (enrollment === undefined || refersTo(enrollment, name)) continue;
    const entry = { action: 'remove-orphan', organization, principal: 'service', enrollmentId, requestId };
    const about = () => ({ about: [name] });
    const removed = recorded(dependencies, entry, () => removable.remove(name, version), about);
    await removed.then(
      () => done.removedObjects.push(name),
      () => done.failed.push(name),
    );
  }
}

function refersTo(enrollment: Enrollment, objectName: string): boolean {
  return enrollment.backups.some((backup) => backup.objectName === objectName);
}
