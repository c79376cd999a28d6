import { type ActiveBackup, activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { asEscrowError, SetUpError, StateError } from '#domain/errors.ts';
import { explain } from '#domain/plain-words.ts';
import type { Principal } from '#domain/principal.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import type { DocumentKind } from '#ports/document-store.ts';
import type { Service } from '../service.ts';
import type { OutputFolder } from './folders.ts';
import { inParallel } from './in-parallel.ts';
import type { Progress } from './progress.ts';
import { passwordOf, signedIn } from './subscribers.ts';

const atOnce = 2;

/** Why an export was refused, and whom to ask. */
export interface RefusedExport {
  code: string;
  reason: string;
  contact: string;
}

/** By the enrollments' ids. */
export type RefusedExports = ReadonlyMap<string, RefusedExport>;

/** A certificate request that was asked for before its key was escrowed, and why it was not given. */
export interface CsrHeldBack {
  enrollmentId: string;
  why: string;
}

const workflowOf = (organization: string): Principal => ({
  organization,
  subject: 'demo-workflow',
  roles: ['enrollment-workflow'],
});

/**
 * Asks for the certificate request of an encryption key that is not made yet, and so not escrowed.
 * @returns undefined if no such enrollment waits
 * @throws SetUpError `not-set-up` if it is given
 */
export async function csrBeforeEscrow(
  service: Service,
  enrollments: readonly Enrollment[],
): Promise<CsrHeldBack | undefined> {
  const waiting = enrollments.find(
    ({ state, escrow }) => state === 'awaiting-subscriber' && escrow === 'required',
  );
  if (waiting === undefined) return undefined;
  const { organization, id: enrollmentId } = waiting;
  const request = { enrollmentId, requestId: `demo-csr-too-early-${enrollmentId}` };
  try {
    await readCsr(service.dependencies, workflowOf(organization), request);
  } catch (error) {
    if (error instanceof StateError) return { enrollmentId, why: explain(error) };
    throw error;
  }
  throw new SetUpError('not-set-up', { why: 'A certificate request left before its key was escrowed.' });
}

/**
 * Leaves each enrollment's files in the output folder; what an earlier run left stays as it is.
 * @returns the exports that policy refused
 */
export async function deliver(
  service: Service,
  enrollments: readonly Enrollment[],
  out: OutputFolder,
  progress: Progress,
): Promise<RefusedExports> {
  const workflow = workflowOf(enrollments[0]?.organization ?? '');
  const refused = new Map<string, RefusedExport>();
  let done = 0;
  await inParallel(enrollments, atOnce, async (enrollment) => {
    if (enrollment.state === 'ready') {
      const request = { enrollmentId: enrollment.id, requestId: `demo-csr-${enrollment.id}` };
      await out.write(enrollment, 'csr.pem', await readCsr(service.dependencies, workflow, request));
      const refusal = await deliverOwnCopy(service, enrollment, out);
      if (refusal !== undefined) refused.set(enrollment.id, refusal);
    }
    const backup = activeBackup(enrollment);
    if (backup !== undefined) await copyEscrowed(service, enrollment, backup, out);
    if (enrollment.refusal !== undefined) {
      await copyDocument(service, enrollment, 'receipt', enrollment.refusal.receiptId, out, 'receipt.jws');
    }
    done += 1;
    progress.count('enrollments delivered', done, enrollments.length);
  });
  return refused;
}

/** @returns the refusal, where policy refuses the copy */
async function deliverOwnCopy(
  service: Service,
  enrollment: Enrollment,
  out: OutputFolder,
): Promise<RefusedExport | undefined> {
  if (!enrollment.exportable || out.has(enrollment, 'pfx')) return undefined;
  if (!out.has(enrollment, 'password.txt')) throw passwordMissing(enrollment, out);
  const password = await passwordOf(enrollment, out);
  const copy = await exportCopy(service.dependencies, signedIn(enrollment, service), {
    enrollmentId: enrollment.id,
    unlocking: { password },
    pfxPassword: 'same',
    idempotencyKey: 'demo',
    requestId: `demo-export-${enrollment.id}`,
  }).catch(refusedExport);
  if ('reason' in copy) return copy;
  // The PFX last: where it stands, its own receipt stands beside it.
  await out.write(enrollment, 'receipt.jws', copy.receipt);
  await out.write(enrollment, 'pfx', copy.pfx);
  return undefined;
}

/** @throws what was thrown, unless policy refused */
function refusedExport(thrown: unknown): RefusedExport {
  const { code, message: reason, details } = asEscrowError(thrown);
  if (code !== 'export-refused' || details.contact === undefined) throw thrown;
  return { code, reason, contact: details.contact };
}

/** The key pair stands, so a password generated now would open nothing. */
function passwordMissing(enrollment: Enrollment, out: OutputFolder): SetUpError {
  const file = out.shown(out.relativePath(enrollment, 'password.txt'));
  return new SetUpError('not-set-up', {
    why: `${file} of the earlier run is not there; nothing else opens this key.`,
    next: 'Put it back, or name new folders with --out and --data.',
  });
}

async function copyEscrowed(
  service: Service,
  enrollment: Enrollment,
  backup: ActiveBackup,
  out: OutputFolder,
): Promise<void> {
  const stored = await service.dependencies.vault.read(backup.objectName, backup.objectVersion);
  await out.write(enrollment, 'escrowed.pfx', stored);
  const { sealedPassphraseId, receiptId } = backup;
  await copyDocument(
    service,
    enrollment,
    'sealed-passphrase',
    sealedPassphraseId,
    out,
    'escrowed.sealed.jwe',
  );
  await copyDocument(service, enrollment, 'receipt', receiptId, out, 'escrowed.receipt.jws');
}

async function copyDocument(
  { dependencies }: Service,
  enrollment: Enrollment,
  kind: DocumentKind,
  id: string,
  out: OutputFolder,
  fileKind: Parameters<OutputFolder['write']>[1],
): Promise<void> {
  const { organization } = enrollment;
  await out.write(enrollment, fileKind, await dependencies.documents.get({ kind, organization, id }));
}
