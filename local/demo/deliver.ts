import { type ActiveBackup, activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { SetUpError } from '#domain/errors.ts';
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

/** Leaves each enrollment's files in the output folder; what an earlier run left stays as it is. */
export async function deliver(
  service: Service,
  enrollments: readonly Enrollment[],
  out: OutputFolder,
  progress: Progress,
): Promise<void> {
  const workflow: Principal = {
    organization: enrollments[0]?.organization ?? '',
    subject: 'demo-workflow',
    roles: ['enrollment-workflow'],
  };
  let done = 0;
  await inParallel(enrollments, atOnce, async (enrollment) => {
    if (enrollment.state === 'ready') {
      const request = { enrollmentId: enrollment.id, requestId: `demo-csr-${enrollment.id}` };
      await out.write(enrollment, 'csr.pem', await readCsr(service.dependencies, workflow, request));
      await deliverOwnCopy(service, enrollment, out);
    }
    const backup = activeBackup(enrollment);
    if (backup !== undefined) await copyEscrowed(service, enrollment, backup, out);
    if (enrollment.refusal !== undefined) {
      await copyDocument(service, enrollment, 'receipt', enrollment.refusal.receiptId, out, 'receipt.jws');
    }
    done += 1;
    progress.count('enrollments delivered', done, enrollments.length);
  });
}

async function deliverOwnCopy(service: Service, enrollment: Enrollment, out: OutputFolder): Promise<void> {
  if (!enrollment.exportable || out.has(enrollment, 'pfx')) return;
  if (!out.has(enrollment, 'password.txt')) throw passwordMissing(enrollment, out);
  const password = await passwordOf(enrollment, out);
  const copy = await exportCopy(service.dependencies, signedIn(enrollment, service), {
    enrollmentId: enrollment.id,
    unlocking: { password },
    pfxPassword: 'same',
    idempotencyKey: 'demo',
    requestId: `demo-export-${enrollment.id}`,
  });
  // The PFX last: where it stands, its own receipt stands beside it.
  await out.write(enrollment, 'receipt.jws', copy.receipt);
  await out.write(enrollment, 'pfx', copy.pfx);
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
