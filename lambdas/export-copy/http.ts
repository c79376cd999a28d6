import { attachmentNamed } from '#contract/api/content-disposition.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { InputError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { profileFor } from '#domain/pfx-targets.ts';
import { profileWarnings } from '#domain/pfx-warnings.ts';
import { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { exportCopy, type SubscriberCopy } from './export-copy.ts';
import type { FilePassword } from './file-password.ts';

type R = RouteNamed<'exportCopy'>;
type Body = Call<R>['body'];

/**
 * Answers `exportCopy`: the file itself, or JSON that holds it, where its password is generated.
 * @throws InputError `not-acceptable` if a password is to be generated and the answer could not tell it; what the use case
 *   throws
 */
export async function answerExportCopy(
  dependencies: Pick<
    Dependencies,
    'registry' | 'documents' | 'policy' | 'keys' | 'dueEscrow' | 'ledger' | 'clock' | 'build'
  >,
  { principal, params: { enrollmentId }, body, media, requestId, idempotencyKey }: Call<R>,
): Promise<ReplyOf<R>> {
  const asJson = media === 'application/json';
  const profile = profileOf(body);
  const act = { ...actOf('export-copy', principal, { requestId, enrollmentId }), profile };
  await recordedIfRefused(dependencies, act, async () => checkToldSafely(body, asJson));
  const unlocking = unlockingOf(body.unlock);
  const pfxPassword = filePasswordOf(body.filePassword);
  try {
    const request = { enrollmentId, unlocking, pfxPassword, profile, idempotencyKey, requestId };
    const copy = await exportCopy(dependencies, principal, request);
    return asJson ? { json: told(copy), headers: headersOf(copy, enrollmentId) } : file(copy, enrollmentId);
  } finally {
    eraseUnlocking(unlocking);
    if (pfxPassword instanceof Secret) pfxPassword.erase();
  }
}

/** A generated password is told in JSON, or not at all. */
function checkToldSafely({ filePassword }: Body, asJson: boolean): void {
  if (filePassword.is !== 'generated' || asJson) return;
  throw new InputError('not-acceptable', {
    field: 'Accept',
    why: 'leaves no room to tell a generated password',
    next: 'Accept application/json, or choose a password for the file.',
  });
}

/** As named, or as the system needs it that the copy is for. */
function profileOf({ profile = 'modern', target }: Body): PfxProfile {
  return target === undefined ? profile : profileFor(target);
}

function unlockingOf(unlock: Body['unlock']): Unlocking {
  switch (unlock.by) {
    case 'password':
      return { password: Secret.fromText(unlock.password) };
    case 'wrapped-key':
      return { wrappedKey: new Uint8Array(Buffer.from(unlock.wrappedKey, 'base64url')) };
    case 'nothing':
      return { held: true };
  }
}

function eraseUnlocking(unlocking: Unlocking): void {
  if ('password' in unlocking) unlocking.password.erase();
  if ('wrappedKey' in unlocking) unlocking.wrappedKey.fill(0);
}

function filePasswordOf(filePassword: Body['filePassword']): FilePassword {
  return filePassword.is === 'own' ? Secret.fromText(filePassword.password) : filePassword.is;
}

function file(copy: SubscriberCopy, enrollmentId: string): ReplyOf<R> {
  const disposition = attachmentNamed(copy.fileName);
  return {
    bytes: copy.pfx,
    headers: { 'Content-Disposition': disposition, ...headersOf(copy, enrollmentId) },
  };
}

function told({ exportId, fileName, profile, pfx, receiptId, generatedPassword }: SubscriberCopy) {
  const password = generatedPassword?.text();
  const warning = profileWarnings[profile];
  generatedPassword?.erase();
  return {
    exportId,
    fileName,
    pfx: Buffer.from(pfx).toString('base64'),
    receiptId,
    profile,
    ...(warning !== undefined && { warning }),
    ...(password !== undefined && { generatedPassword: password }),
  };
}

function headersOf({ exportId, receiptId }: SubscriberCopy, enrollmentId: string) {
  const receipt = `/v1/enrollments/${enrollmentId}/receipts/${receiptId}`;
  return {
    Link: `<${receipt}>; rel="describedby"; type="application/jose"`,
    'Export-Id': exportId,
  };
}
