import type { Call, ReplyOf } from '#contract/api/route.ts';
import { webhookViewOf } from '#contract/api/webhooks.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { showWebhook } from './show-webhook.ts';

type R = RouteNamed<'showWebhook'>;

/** Answers `showWebhook`; throws what the use case throws. */
export async function answerShowWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, params: { webhookId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { json: webhookViewOf(await showWebhook(dependencies, principal, { webhookId, requestId })) };
}
