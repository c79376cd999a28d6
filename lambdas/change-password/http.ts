import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { Secret } from '#domain/secret.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { changePassword } from './change-password.ts';

type R = RouteNamed<'changePassword'>;

/** Answers `changePassword`; throws what the use case throws. */
export async function answerChangePassword(
  dependencies: Pick<
    Dependencies,
    'registry' | 'documents' | 'policy' | 'keys' | 'dueEscrow' | 'ledger' | 'clock'
  >,
  { principal, params: { enrollmentId }, body, idempotencyKey, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const currentPassword = Secret.fromText(body.currentPassword);
  const newPassword = Secret.fromText(body.newPassword);
  try {
    const change = { enrollmentId, currentPassword, newPassword, idempotencyKey, requestId };
    return { json: viewOf(await changePassword(dependencies, principal, change)) };
  } finally {
    currentPassword.erase();
    newPassword.erase();
  }
}
