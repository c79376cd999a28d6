import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { duration } from '../terminal/progress.ts';

/** Shows how the service fares. */
export const status = command({
  words: ['status'],
  group: 'Operate',
  summary: 'show how the service fares',
  about: ['Shows enrollments by state, what waits, what was given up, and whether custody answers.'],
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'shown', 1: 'not shown', ...serverExits },
  examples: ['escrow status'],
  async run({ json, ...values }, context) {
    const client = await openClient(values, context);
    const found = await client.call(routes.readStatus);
    if (json === true) {
      await writeJson(context.output, found);
      return exitStatus.ok;
    }
    const { custody, messages } = found;
    const oldest =
      messages.oldestSeconds === undefined ? '' : `, the oldest for ${duration(messages.oldestSeconds)}`;
    const lines = [
      `${client.server}, build ${found.build}, ${found.time}`,
      `  custody        ${custody.kind}, ${custody.answers ? 'answers' : 'does not answer'}`,
      '  enrollments',
      ...Object.entries(found.enrollments).map(([state, number]) => `    ${state.padEnd(21)}${number}`),
      `  waiting        ${messages.waiting}${oldest}`,
      `  dead letters   ${found.deadLetters}${found.deadLetters > 0 ? ': see escrow dead-letters list' : ''}`,
    ];
    await context.output.data(lines.map(printable).join('\n'));
    return exitStatus.ok;
  },
});
