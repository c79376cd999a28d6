import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { enrollmentOperand, jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { typedAnew } from '../terminal/confirm.ts';
import { describeEnrollment } from '../views/enrollment.ts';

/** Destroys the key of an enrollment. */
export const destroy = command({
  words: ['destroy'],
  group: 'Keys and backups',
  summary: 'destroy the key of an enrollment for ever',
  about: [
    'Destroys the key of an enrollment for ever. Nothing brings it back but copies that were exported, and, for an encryption key, escrowed backups until their retention ends. Whoever does it must have signed in lately, and types the id again.',
  ],
  operand: enrollmentOperand,
  options: {
    confirm: {
      type: 'string',
      value: 'ENROLLMENT',
      says: 'the id again, where there is no terminal to ask on',
    },
    json: { ...jsonOption, says: 'print the enrollment as JSON' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'destroyed', 1: 'not destroyed', ...serverExits },
  examples: ['escrow destroy enr_4hq2kzr7w5d3xn6ypb2mtcvfqa'],
  async run({ json, confirm, ...values }, context, enrollmentId) {
    const { output } = context;
    const client = await openClient(values, context);
    const params = { enrollmentId };
    if (confirm === undefined) {
      output.message(describeEnrollment(await client.call(routes.showEnrollment, { params })));
    }
    await typedAnew(enrollmentId, 'id of the enrollment', confirm);
    const enrollment = await client.call(routes.destroyEnrollment, {
      params,
      body: { confirm: enrollmentId },
    });
    output.message('The key is destroyed.');
    if (json === true) await writeJson(output, enrollment);
    return exitStatus.ok;
  },
});
