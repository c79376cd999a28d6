import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { enrollmentOperand, jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { describeEnrollment } from '../views/enrollment.ts';

/** Shows one enrollment. */
export const show = command({
  words: ['show'],
  group: 'Enroll',
  summary: 'show one enrollment',
  about: ['Shows one enrollment: its state, what policy decided, how its key is kept.'],
  operand: enrollmentOperand,
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'shown', 1: 'there is none of that id, or it is not yours', ...serverExits },
  examples: ['escrow show enr_4hq2kzr7w5d3xn6ypb2mtcvfqa'],
  async run({ json, ...values }, context, enrollmentId) {
    const client = await openClient(values, context);
    const enrollment = await client.call(routes.showEnrollment, { params: { enrollmentId } });
    if (json === true) await writeJson(context.output, enrollment);
    else await context.output.data(describeEnrollment(enrollment));
    return exitStatus.ok;
  },
});
