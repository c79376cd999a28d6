import * as v from 'valibot';
import { enrollmentRequestedSchema } from '../enrollment-requested.ts';
import { identifier } from '../fields.ts';
import { looking } from './roles.ts';
import { route } from './route.ts';

const attribute = v.pipe(
  v.string(),
  v.nonEmpty('is empty|Fill it in.'),
  v.maxLength(256, 'is longer than 256 characters|Shorten it.'),
);

/** An event as a workflow sends it: CloudEvents 1.0, structured JSON. Extension attributes are let pass, and left out. */
export const incomingEvent = v.object({
  specversion: v.literal('1.0', 'is not 1.0|Send CloudEvents 1.0.'),
  id: attribute,
  source: v.pipe(
    attribute,
    v.description(
      'Begins with /organizations/ and the id of your organization, as /organizations/acme/workflow.',
    ),
  ),
  type: v.literal('EnrollmentRequested', 'is not an event that is taken in|Send EnrollmentRequested.'),
  time: v.optional(v.pipe(v.string(), v.isoTimestamp('is not a time|Write it as 2026-01-31T08:00:00Z.'))),
  datacontenttype: v.optional(v.literal('application/json', 'is not JSON|Send application/json data.')),
  data: enrollmentRequestedSchema,
});

const mostEvents = 100;

const eventBatch = v.pipe(
  v.array(incomingEvent),
  v.minLength(1, 'is empty|Send at least one event.'),
  v.maxLength(mostEvents, 'has more than 100 events|Send several batches.'),
);

export const publishEvents = route({
  method: 'POST',
  path: '/v1/events',
  tag: 'Events',
  summary: 'Send EnrollmentRequested events in (CloudEvents 1.0, structured, one or a batch).',
  roles: ['enrollment-workflow'],
  rate: 'write',
  repeats: 'by-event',
  body: {
    // A union would say only that it fits neither; so it is read as what it looks like.
    schema: v.lazy((body) => (Array.isArray(body) ? eventBatch : incomingEvent)),
    described: {
      'application/cloudevents+json': incomingEvent,
      'application/cloudevents-batch+json': eventBatch,
      'application/json': incomingEvent,
    },
    media: ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json'],
    largest: 1_048_576,
    items: '(whole)',
  },
  answer: {
    status: 202,
    description: 'Taken, and not lost; what becomes of each is told by events and by its enrollment.',
    schema: v.object({ accepted: v.number() }),
  },
  codes: ['not-found', 'idempotency-mismatch'],
});

export const followEvents = route({
  method: 'GET',
  path: '/v1/events',
  tag: 'Events',
  summary: 'Follow what happens, as server-sent events; a subscriber follows an own enrollment.',
  roles: looking,
  rate: 'read',
  query: v.strictObject({
    enrollmentId: v.optional(identifier),
    /** `now`, or all that is still kept; `Last-Event-ID` goes before it. */
    from: v.optional(
      v.picklist(['now', 'beginning'], 'is not a place to begin|Use now or beginning.'),
      'now',
    ),
  }),
  answer: {
    status: 200,
    description:
      'A stream that the server ends after a quarter of an hour, to be resumed with a token that is still good. Each event is a CloudEvent; its id resumes the stream.',
    media: ['text/event-stream'],
  },
  codes: ['not-found', 'not-acceptable'],
});
