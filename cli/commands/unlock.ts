import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { enrollmentOperand, jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';

/** Lifts the lock that wrong passwords put on a subscriber's enrollment. */
export const unlock = command({
  words: ['unlock'],
  group: 'Keys and backups',
  summary: 'lift the lock that wrong passwords put on an enrollment',
  about: [
    'For the help desk (recovery officials). Lifts the lock that wrong passwords put on an enrollment, so that its subscriber may try again. It opens nothing, and resets no password.',
  ],
  operand: enrollmentOperand,
  options: {
    json: { ...jsonOption, says: 'print the enrollment as JSON' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'unlocked', 1: 'not unlocked', ...serverExits },
  examples: ['escrow unlock enr_4hq2kzr7w5d3xn6ypb2mtcvfqa'],
  async run({ json, ...values }, context, enrollmentId) {
    const client = await openClient(values, context);
    const enrollment = await client.call(routes.unlockEnrollment, { params: { enrollmentId } });
    context.output.message('Unlocked: its subscriber may try again.');
    if (json === true) await writeJson(context.output, enrollment);
    return exitStatus.ok;
  },
});
