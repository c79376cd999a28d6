import type { Call, ReplyOf } from '#contract/api/route.ts';
import { webhookViewOf } from '#contract/api/webhooks.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { rotateWebhookSecret } from './rotate-webhook-secret.ts';

type R = RouteNamed<'rotateWebhookSecret'>;

/** Answers `rotateWebhookSecret`; throws what the use case throws. */
export async function answerRotateWebhookSecret(
  dependencies: Pick<Dependencies, 'registry' | 'keys' | 'ledger' | 'clock'>,
  { principal, params: { webhookId }, idempotencyKey, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const rotation = { webhookId, idempotencyKey, requestId };
  const { webhook, secret } = await rotateWebhookSecret(dependencies, principal, rotation);
  const told = secret.text();
  secret.erase();
  return { json: { webhook: webhookViewOf(webhook), secret: told } };
}
