import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { enrollmentOperand, jsonOption, passwordFileOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { readNewSecret } from '../terminal/read-secret.ts';

/** Sets the password of the own enrollment, which makes its key pair. */
export const setPassword = command({
  words: ['set-password'],
  group: 'Keys and backups',
  summary: 'set the password of your enrollment; its key pair is made under it',
  about: [
    'Sets the password that only you know, and has the key pair of your enrollment made under it. Without that password nothing opens an identity key, and nobody can reset it: keep it safe. You will be asked for it when you export a copy.',
  ],
  operand: enrollmentOperand,
  options: {
    'password-file': passwordFileOption('the new password'),
    json: { ...jsonOption, says: 'print the enrollment as JSON' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'the key pair is made', 1: 'it is not', ...serverExits },
  examples: [
    ['escrow set-password enr_4hq2kzr7w5d3xn6ypb2mtcvfqa', 'asks for the password, twice'],
    'escrow set-password enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --password-file my.password.txt',
  ],
  async run({ json, 'password-file': file, ...values }, context, enrollmentId) {
    const { output } = context;
    const client = await openClient(values, context);
    const password = await readNewSecret('new password of the key', file, output);
    try {
      const body = { password: password.text() };
      const enrollment = await client.call(routes.setPassword, { params: { enrollmentId }, body });
      output.message(
        `The key pair is made, and locked by your password. Take a copy of it: escrow export ${enrollmentId}`,
      );
      if (json === true) await writeJson(output, enrollment);
      return exitStatus.ok;
    } finally {
      password.erase();
    }
  },
});
