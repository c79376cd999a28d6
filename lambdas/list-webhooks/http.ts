import type { Call, ReplyOf } from '#contract/api/route.ts';
import { webhookViewOf } from '#contract/api/webhooks.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listWebhooks } from './list-webhooks.ts';

type R = RouteNamed<'listWebhooks'>;

/** Answers `listWebhooks`; throws what the use case throws. */
export async function answerListWebhooks(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const webhooks = await listWebhooks(dependencies, principal, { requestId });
  return { json: { webhooks: webhooks.map(webhookViewOf) } };
}
