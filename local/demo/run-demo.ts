import { readFile } from 'node:fs/promises';
import { eventSource } from '#contract/events.ts';
import {
  purposesOf,
  type RefusedRow,
  readSubscriberList,
  type SubscriberRow,
} from '#contract/subscriber-list.ts';
import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { SetUpError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { keyChoiceOf, tokenLogin } from '../open-keys.ts';
import { openService, type Service } from '../service.ts';
import type { DemoArguments } from './arguments.ts';
import { checkSamePolicy, chosenPolicy } from './chosen-policy.ts';
import { type CsrHeldBack, csrBeforeEscrow, deliver, type RefusedExports } from './deliver.ts';
import { ledgerFolder, OutputFolder } from './folders.ts';
import { type KmsPlace, openKeyPlace } from './key-place.ts';
import { leaveLedger } from './leave-ledger.ts';
import type { Progress } from './progress.ts';
import { demoRecoveryKey } from './recovery-key.ts';
import { signInAll } from './subscribers.ts';
import { type Found, type SummaryEntry, summarize } from './summary.ts';
import { askToken, type TokenAnswers } from './token-answers.ts';

export const organization = 'example';

/** What the demo did. */
export interface DemoResult {
  summary: SummaryEntry[];
  refusedRows: RefusedRow[];
  /** Requests that the service refused without making an enrollment, as dead letters hold them. */
  refusedRequests: { eventId: string; code: string }[];
  out: OutputFolder;
  /** What a person should know of where the keys are, once the run is done. */
  afterwards: string | undefined;
  /** Of custody `kms`: what holds the keys. */
  kms: KmsPlace | undefined;
}

/** A request that the list asks for, and the enrollment that it becomes. */
interface Wanted {
  enrollmentId: string;
  event: CloudEvent;
}

/**
 * Runs the main job over real use cases and embedded adapters. Every step can be repeated: run again on the same folders,
 * after a kill at any moment, it continues and ends in the same result.
 */
export async function runDemo(settings: DemoArguments, progress: Progress): Promise<DemoResult> {
  const { rows, refused: refusedRows } = readSubscriberList(await readList(settings.subscribers));
  progress.say(`Read ${settings.subscribers}: ${rows.length} good rows, ${countRows(refusedRows)} refused.`);
  const out = new OutputFolder(settings.out);
  await out.make();
  const place = await openKeyPlace(settings);
  try {
    progress.say(`Opening the service over ${settings.data}, keys in ${place.name}.`);
    if (place.warning !== undefined) progress.say(place.warning);
    const done = await mainJob(settings, rows, out, progress);
    return { ...done, refusedRows, out, afterwards: place.afterwards, kms: place.kms };
  } finally {
    await place.close();
  }
}

async function mainJob(
  settings: DemoArguments,
  rows: readonly SubscriberRow[],
  out: OutputFolder,
  progress: Progress,
): Promise<Pick<DemoResult, 'summary' | 'refusedRequests'>> {
  const onLack = (lack: string) => progress.say(`Not with this token: ${lack}.`);
  const service = await openService({
    ...keyChoiceOf(settings),
    onLack,
    folder: settings.data,
    folderOptions: '--out and --data',
  });
  try {
    await setUp(service, out, settings.policy);
    const wanted = rows.flatMap((row) => wantedOf(row, service));
    const since = service.dependencies.clock.now().toISOString();
    progress.say(`Sending ${wanted.length} EnrollmentRequested events and letting the events run.`);
    await request(service, wanted);
    const requested = await enrollmentsOf(service, wanted);
    await out.clear(requested);
    const heldBack = settings.policy === 'general' ? undefined : await csrBeforeEscrow(service, requested);
    await signInAll(service, requested, out, progress);
    await service.dispatcher.drain();
    progress.say('Exporting the own copies, and copying what is in escrow.');
    const refusedExports = await deliver(service, await enrollmentsOf(service, wanted), out, progress);
    await service.dispatcher.drain();
    const enrollments = await enrollmentsOf(service, wanted);
    const answers = await tokenAnswers(settings, enrollments, progress);
    const summary = enrollments.map((enrollment) =>
      summarize(enrollment, out, foundOf(enrollment, answers, refusedExports, heldBack)),
    );
    await out.writeTop('jwks.json', { keys: [await service.dependencies.keys.receiptKey()] });
    await out.writeTop('summary.json', summary);
    await leaveLedger(service.dependencies, organization, out.topPath(ledgerFolder));
    // Its checkpoint is an event, too.
    await service.dispatcher.drain();
    return { summary, refusedRequests: await refusedRequests(service, wanted, since) };
  } finally {
    await service.close();
  }
}

/** What the demo came upon with one enrollment, besides its files. */
function foundOf(
  { id }: Enrollment,
  answers: ReadonlyMap<string, TokenAnswers>,
  refusedExports: RefusedExports,
  heldBack: CsrHeldBack | undefined,
): Found {
  const tokenAnswers = answers.get(id);
  const refusedExport = refusedExports.get(id);
  return {
    ...(tokenAnswers !== undefined && { tokenAnswers }),
    ...(refusedExport !== undefined && { refusedExport }),
    ...(heldBack?.enrollmentId === id && { csrHeldBack: heldBack.why }),
  };
}

/** What the token answers when it is asked for the keys that must never leave it; nothing where keys live elsewhere. */
async function tokenAnswers(
  { keys, token, data }: DemoArguments,
  enrollments: readonly Enrollment[],
  progress: Progress,
): Promise<ReadonlyMap<string, TokenAnswers>> {
  if (keys !== 'pkcs11') return new Map();
  progress.say('Asking the token itself, from another process, for the keys that must never leave it.');
  return await askToken(await tokenLogin(token, data), enrollments, progress);
}

async function readList(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SetUpError('usage', {
      field: '--subscribers',
      why: `${path} cannot be read`,
      next: 'Name a CSV file, as examples/subscribers.csv is one.',
      cause,
    });
  }
}

async function setUp({ dependencies }: Service, out: OutputFolder, chosen: string): Promise<void> {
  const policy = await chosenPolicy(chosen);
  const existing = await dependencies.registry.read('organization', organization, 'organization');
  await checkSameKeys(existing, dependencies);
  checkSamePolicy(existing, policy);
  const administrator: Principal = { organization, subject: 'demo-administrator', roles: ['administrator'] };
  await setUpOrganization(dependencies, administrator, {
    name: 'Example Organization',
    contact: 'helpdesk@example.org',
    recoveryKey: await demoRecoveryKey(out.topPath('recovery.private.jwk'), existing !== undefined),
    policy,
  });
  // The data folder is this process's alone, so an attempt that stands in it is dead, however young.
  await reconcile(dependencies, { organization, staleAfterSeconds: 0, requestId: 'demo-start' });
}

/**
 * Of a custody that is somewhere else, as another account, endpoint or token is, nothing would open.
 * @throws SetUpError `not-set-up`
 */
async function checkSameKeys(
  existing: Organization | undefined,
  { keys }: Pick<Dependencies, 'keys'>,
): Promise<void> {
  if (existing === undefined || existing.receiptKeyId === (await keys.receiptKey()).kid) return;
  throw new SetUpError('not-set-up', {
    why: 'The data folder is of an earlier run whose keys are not here.',
    next: 'Run again with the token, or the AWS endpoint, account, region and --kms-prefix, of that run; or name new folders with --out and --data.',
  });
}

/** One event a certificate request, as an enrollment workflow sends it. */
function wantedOf(row: SubscriberRow, { dependencies }: Service): Wanted[] {
  const { subscriberId, givenName, familyName, email, keySpec, assurance } = row;
  return purposesOf(row).map((purpose) => {
    const idempotencyKey = `${subscriberId} ${purpose}`;
    const subscriber = { id: subscriberId, givenName, familyName, email };
    const data = { organization, idempotencyKey, subscriber, purpose, keySpec, assurance };
    const event: CloudEvent = {
      specversion: '1.0',
      id: `${subscriberId}.${purpose}`,
      source: eventSource(organization),
      type: 'EnrollmentRequested',
      time: dependencies.clock.now().toISOString(),
      datacontenttype: 'application/json',
      data,
    };
    return { enrollmentId: enrollmentIdFrom(organization, idempotencyKey), event };
  });
}

async function request({ dependencies, dispatcher }: Service, wanted: readonly Wanted[]): Promise<void> {
  for (const { event } of wanted) await dependencies.events.publish(event);
  await dispatcher.drain();
}

async function enrollmentsOf({ dependencies }: Service, wanted: readonly Wanted[]): Promise<Enrollment[]> {
  const read = wanted.map(({ enrollmentId }) =>
    dependencies.registry.read('enrollment', organization, enrollmentId),
  );
  return (await Promise.all(read)).filter((enrollment) => enrollment !== undefined);
}

/** Of this run: a list that was corrected since is refused no more, though its dead letters are kept. */
async function refusedRequests(
  { queues }: Service,
  wanted: readonly Wanted[],
  startedAt: string,
): Promise<DemoResult['refusedRequests']> {
  const ids = new Set(wanted.map(({ event }) => event.id));
  const letters = await queues.deadLetters('request-enrollment');
  return letters
    .filter(({ event, since }) => ids.has(event.id) && since >= startedAt)
    .map(({ event, code }) => ({ eventId: event.id, code }));
}

function countRows(refused: readonly RefusedRow[]): number {
  return new Set(refused.map(({ row }) => row)).size;
}
