import type { Call, ReplyOf } from '#contract/api/route.ts';
import { webhookViewOf } from '#contract/api/webhooks.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { registerWebhook } from './register-webhook.ts';

type R = RouteNamed<'registerWebhook'>;

/** Answers `registerWebhook`; throws what the use case throws. */
export async function answerRegisterWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'keys' | 'webhooks' | 'ledger' | 'clock'>,
  { principal, body, idempotencyKey, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { url, types } = body;
  const { webhook, secret } = await registerWebhook(dependencies, principal, {
    url,
    ...(types !== undefined && { types }),
    idempotencyKey,
    requestId,
  });
  const told = secret.text();
  secret.erase();
  const headers = { Location: `/v1/webhooks/${webhook.id}` };
  return { json: { webhook: webhookViewOf(webhook), secret: told }, headers };
}
