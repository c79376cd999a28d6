import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { enrollmentOperand, jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { readNewSecret, readSecret } from '../terminal/read-secret.ts';

/** Changes the password of the own enrollment. */
export const changePassword = command({
  words: ['change-password'],
  group: 'Keys and backups',
  summary: 'change the password of your enrollment',
  about: [
    'Changes the password that opens your key. Copies that you exported keep the passwords that they have.',
  ],
  operand: enrollmentOperand,
  options: {
    'current-password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the password as it is, on one line. Without it you are asked.',
    },
    'new-password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the new password, on one line. Without it you are asked, twice.',
    },
    json: { ...jsonOption, says: 'print the enrollment as JSON' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'changed', 1: 'not changed', ...serverExits },
  examples: ['escrow change-password enr_4hq2kzr7w5d3xn6ypb2mtcvfqa'],
  async run(
    { json, 'current-password-file': currentFile, 'new-password-file': newFile, ...values },
    context,
    enrollmentId,
  ) {
    const { output } = context;
    const client = await openClient(values, context);
    const current = await readSecret(
      'Current password of the key: ',
      currentFile,
      output,
      '--current-password-file',
    );
    const next = await readNewSecret('new password', newFile, output, '--new-password-file');
    try {
      const body = { currentPassword: current.text(), newPassword: next.text() };
      const enrollment = await client.call(routes.changePassword, { params: { enrollmentId }, body });
      output.message('The password is changed: the old one opens nothing any more.');
      if (json === true) await writeJson(output, enrollment);
      return exitStatus.ok;
    } finally {
      current.erase();
      next.erase();
    }
  },
});
