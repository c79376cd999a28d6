import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { Secret } from '#domain/secret.ts';
import { type PasswordNeeds, setPassword } from './set-password.ts';

type R = RouteNamed<'setPassword'>;

/** Answers `setPassword`; throws what the use case throws. */
export async function answerSetPassword(
  dependencies: PasswordNeeds,
  { principal, params: { enrollmentId }, body, requestId, idempotencyKey }: Call<R>,
): Promise<ReplyOf<R>> {
  const password = Secret.fromText(body.password);
  try {
    const setting = { enrollmentId, password, requestId, idempotencyKey };
    return { json: viewOf(await setPassword(dependencies, principal, setting)) };
  } finally {
    password.erase();
  }
}
