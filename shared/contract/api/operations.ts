import * as v from 'valibot';
import { enrollmentStates } from '#domain/enrollment.ts';
import { custodies } from '#domain/purpose.ts';
import { identifier, subscriberIdentifier } from '../fields.ts';
import { cursor, errorCode, moment, pageSize } from './fields.ts';
import { administering, watching } from './roles.ts';
import { route } from './route.ts';

// What runs the service, and what the service tells people.

export const listNotices = route({
  method: 'GET',
  path: '/v1/notices',
  tag: 'Notices',
  summary: 'List what subscribers were told, newest first; a subscriber lists the own notices.',
  roles: ['subscriber', 'recovery-official', 'auditor', 'administrator'],
  rate: 'read',
  query: v.strictObject({
    subscriberId: v.optional(subscriberIdentifier),
    limit: pageSize,
    cursor: v.optional(cursor),
  }),
  answer: {
    status: 200,
    description: 'A page of notices; with a cursor where there may be more.',
    schema: v.object({
      notices: v.array(
        v.object({
          id: v.string(),
          time: moment,
          subscriberId: v.string(),
          subject: v.string(),
          text: v.string(),
        }),
      ),
      cursor: v.optional(v.string()),
    }),
  },
});

export const listDeadLetters = route({
  method: 'GET',
  path: '/v1/dead-letters',
  tag: 'Operations',
  summary: 'List the events that were given up, oldest first; without what they carried.',
  roles: ['administrator', 'auditor'],
  rate: 'read',
  query: v.strictObject({ limit: pageSize, cursor: v.optional(cursor) }),
  answer: {
    status: 200,
    description: 'A page of dead letters; with a cursor where there may be more.',
    schema: v.object({
      deadLetters: v.array(
        v.object({
          id: v.string(),
          consumer: v.string(),
          eventType: v.string(),
          eventId: v.string(),
          enrollmentId: v.optional(v.string()),
          code: errorCode,
          since: moment,
        }),
      ),
      cursor: v.optional(v.string()),
    }),
  },
});

export const redriveDeadLetter = route({
  method: 'POST',
  path: '/v1/dead-letters/{deadLetterId}/redrive',
  tag: 'Operations',
  summary: 'Try a dead letter again.',
  roles: administering,
  rate: 'write',
  params: v.strictObject({ deadLetterId: identifier }),
  answer: { status: 204, description: 'It is in its queue again.' },
  codes: ['not-found'],
});

export const readStatus = route({
  method: 'GET',
  path: '/v1/status',
  tag: 'Operations',
  summary:
    'How the service fares: enrollments by state, what waits, what was given up, and whether custody answers.',
  roles: watching,
  // It counts every enrollment.
  rate: 'costly',
  answer: {
    status: 200,
    description: 'As it is now.',
    schema: v.object({
      build: v.string(),
      time: moment,
      custody: v.object({ kind: v.picklist(custodies), answers: v.boolean() }),
      enrollments: v.object(Object.fromEntries(enrollmentStates.map((state) => [state, v.number()]))),
      messages: v.object({ waiting: v.number(), oldestSeconds: v.optional(v.number()) }),
      deadLetters: v.number(),
    }),
  },
  codes: ['not-set-up'],
});

export const readHealth = route({
  method: 'GET',
  path: '/health',
  tag: 'Public',
  summary: 'Whether the service answers.',
  roles: 'anyone',
  rate: 'unauthenticated',
  answer: {
    status: 200,
    description: 'It does.',
    schema: v.object({ status: v.literal('ok'), build: v.string(), time: moment }),
  },
});

export const readKeySet = route({
  method: 'GET',
  path: '/.well-known/jwks.json',
  tag: 'Public',
  summary: 'The public keys that receipts are signed by (RFC 7517).',
  roles: 'anyone',
  rate: 'unauthenticated',
  answer: {
    status: 200,
    description: 'The key set.',
    schema: v.object({ keys: v.array(v.record(v.string(), v.unknown())) }),
    media: ['application/jwk-set+json'],
  },
  codes: ['provider-unavailable', 'provider-misconfigured'],
});

export const readResourceMetadata = route({
  method: 'GET',
  path: '/.well-known/oauth-protected-resource',
  tag: 'Public',
  summary: 'Where to get an access token (RFC 9728).',
  roles: 'anyone',
  rate: 'unauthenticated',
  answer: {
    status: 200,
    description: 'The metadata.',
    schema: v.object({
      resource: v.string(),
      authorization_servers: v.array(v.string()),
      bearer_methods_supported: v.array(v.string()),
      scopes_supported: v.array(v.string()),
    }),
  },
});

export const readApiDescription = route({
  method: 'GET',
  path: '/openapi.json',
  tag: 'Public',
  summary: 'This description (OpenAPI 3.1).',
  roles: 'anyone',
  rate: 'unauthenticated',
  answer: { status: 200, description: 'The description.', schema: v.record(v.string(), v.unknown()) },
});
