import * as v from 'valibot';
import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { type Context, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus } from '../output.ts';
import type { Client } from '../server/client.ts';
import { type FollowedEvent, followEvents } from '../server/follow-events.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { describeEnrollment } from '../views/enrollment.ts';

/** Follows what happens: all of it, or one enrollment until its key pair is there. */
export const watch = command({
  words: ['watch'],
  group: 'Enroll',
  summary: 'follow what happens, or one enrollment until it is ready',
  about: [
    'Shows what happens as it happens. With the id of an enrollment it ends once that one is ready or refused; without one it goes on until Ctrl+C. Where the connection breaks it goes on where it was, and nothing is left out that the service still keeps.',
  ],
  operand: { name: 'ENROLLMENT' },
  options: {
    'from-beginning': {
      type: 'boolean',
      says: 'begin with what the service still keeps of before, about a week',
    },
    json: { ...jsonOption, says: 'print each event as JSON on a line of its own (CloudEvents 1.0)' },
    ...connectionOptions,
  },
  exits: { 0: 'it is ready', 1: 'it was refused or destroyed, or could not be followed', ...serverExits },
  examples: [
    'escrow watch enr_4hq2kzr7w5d3xn6ypb2mtcvfqa',
    ['escrow watch --json | jq -r .type', 'the types of all events'],
  ],
  async run({ json, 'from-beginning': fromBeginning, ...values }, context, enrollmentId) {
    const client = await openClient(values, context);
    const follow = {
      from: fromBeginning === true ? ('beginning' as const) : ('now' as const),
      message: (text: string) => context.output.message(text),
      ...(enrollmentId !== '' && { enrollmentId }),
    };
    context.output.message(`Following ${printable(client.server)}; Ctrl+C ends it.`);
    for await (const followed of followEvents(client, follow)) {
      if ('event' in followed)
        await context.output.data(json === true ? followed.event.data : lineOf(followed.event));
      if (context.output.isClosed()) return exitStatus.ok;
      // Asked once the events are on, and at each of them: so nothing falls between.
      const status =
        enrollmentId === '' ? undefined : await statusOf(client, enrollmentId, context, json === true);
      if (status !== undefined) return status;
    }
    return exitStatus.no;
  },
});

/** The exit status that a state ends the watch with; undefined while it goes on. */
async function statusOf(
  client: Client,
  enrollmentId: string,
  { output }: Context,
  quiet: boolean,
): Promise<number | undefined> {
  const enrollment = await client.call(routes.showEnrollment, { params: { enrollmentId } });
  if (!['ready', 'refused', 'destroyed'].includes(enrollment.state)) return undefined;
  if (!quiet) await output.data(describeEnrollment(enrollment));
  return enrollment.state === 'ready' ? exitStatus.ok : exitStatus.no;
}

const eventSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    time: v.optional(v.string(), ''),
    data: v.object({ enrollmentId: v.optional(v.string(), ''), code: v.optional(v.string()) }),
  }),
);

/** An event on one line: when, what, about which enrollment, with which code. */
function lineOf({ type, data }: FollowedEvent): string {
  const parsed = v.safeParse(eventSchema, data);
  if (!parsed.success) return printable(type);
  const { time, data: about } = parsed.output;
  const code = about.code === undefined ? '' : ` (${about.code})`;
  return printable(`${time}  ${type}  ${about.enrollmentId}${code}`);
}
