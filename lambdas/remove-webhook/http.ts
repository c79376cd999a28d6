import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { removeWebhook } from './remove-webhook.ts';

type R = RouteNamed<'removeWebhook'>;

/** Answers `removeWebhook`; throws what the use case throws. */
export async function answerRemoveWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, params: { webhookId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  await removeWebhook(dependencies, principal, { webhookId, requestId });
  return { nothing: true };
}
