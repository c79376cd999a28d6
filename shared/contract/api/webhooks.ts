import * as v from 'valibot';
import type { Webhook } from '#domain/webhook.ts';
import { identifier } from '../fields.ts';
import { moment } from './fields.ts';
import { administering } from './roles.ts';
import { route } from './route.ts';

export const webhookView = v.object({
  id: v.string(),
  url: v.string(),
  /** Event types that are sent; absent for all. */
  types: v.optional(v.array(v.string())),
  enabled: v.boolean(),
  createdAt: moment,
});

/** What callers see of a webhook. */
export function webhookViewOf({
  id,
  url,
  types,
  enabled,
  createdAt,
}: Webhook): v.InferOutput<typeof webhookView> {
  return { id, url, ...(types !== undefined && { types: [...types] }), enabled, createdAt };
}

/** The one answer that tells the signing secret: at registration, and at rotation. */
const withSecret = v.object({ webhook: webhookView, secret: v.string() });

const tag = 'Webhooks';
const params = v.strictObject({ webhookId: identifier });

export const registerWebhook = route({
  method: 'POST',
  path: '/v1/webhooks',
  tag,
  summary: 'Have events sent to a URL, signed as Standard Webhooks are.',
  roles: administering,
  rate: 'write',
  body: {
    schema: v.strictObject({
      url: v.pipe(
        v.string(),
        v.nonEmpty('is empty|Send the URL that events go to.'),
        v.maxLength(2_048, 'is longer than 2,048 characters|Shorten it.'),
      ),
      types: v.optional(
        v.pipe(
          v.array(identifier),
          v.minLength(1, 'is empty|Leave it out for all types.'),
          v.maxLength(64, 'has more types than there are|Leave it out for all types.'),
        ),
      ),
    }),
    largest: 16_384,
  },
  answer: {
    status: 201,
    description: 'The webhook and its signing secret, which is told here only.',
    schema: withSecret,
    headers: { Location: 'Where the webhook is.' },
  },
  codes: ['not-set-up'],
});

export const listWebhooks = route({
  method: 'GET',
  path: '/v1/webhooks',
  tag,
  summary: 'List the webhooks of the organization.',
  roles: administering,
  rate: 'read',
  answer: { status: 200, description: 'All of them.', schema: v.object({ webhooks: v.array(webhookView) }) },
  codes: ['not-set-up'],
});

export const showWebhook = route({
  method: 'GET',
  path: '/v1/webhooks/{webhookId}',
  tag,
  summary: 'Show one webhook.',
  roles: administering,
  rate: 'read',
  params,
  answer: { status: 200, description: 'The webhook.', schema: webhookView },
  codes: ['not-set-up', 'not-found'],
});

export const removeWebhook = route({
  method: 'DELETE',
  path: '/v1/webhooks/{webhookId}',
  tag,
  summary: 'Remove a webhook; what was not sent yet is not sent any more.',
  roles: administering,
  rate: 'write',
  params,
  answer: { status: 204, description: 'It is gone.' },
  codes: ['not-set-up', 'not-found'],
});

export const rotateWebhookSecret = route({
  method: 'POST',
  path: '/v1/webhooks/{webhookId}/secret-rotations',
  tag,
  summary: 'Change the signing secret; for a day, events are signed with both.',
  roles: administering,
  rate: 'write',
  params,
  answer: { status: 200, description: 'The webhook and its new secret, told here only.', schema: withSecret },
  codes: ['not-set-up', 'not-found'],
});
