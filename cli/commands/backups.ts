import { routes } from '#contract/routes.ts';
import { command } from '../command.ts';
import { enrollmentOperand, jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { table } from '../terminal/table.ts';

/** Lists the escrowed backups of an enrollment. */
export const backups = command({
  words: ['backups'],
  group: 'Keys and backups',
  summary: 'list the escrowed backups of an enrollment',
  about: [
    'Lists the backups that count: stored, read back, proved to open and to work, sealed for recovery, and locked until their retention ends. The passphrase of none of them is known to the service.',
  ],
  operand: enrollmentOperand,
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow backups enr_4hq2kzr7w5d3xn6ypb2mtcvfqa'],
  async run({ json, ...values }, context, enrollmentId) {
    const { output } = context;
    const client = await openClient(values, context);
    const found = await client.call(routes.listBackups, { params: { enrollmentId } });
    if (json === true) await writeJson(output, found);
    else if (found.backups.length === 0) output.message('It has no escrowed backup.');
    else {
      const columns = ['ID', 'PROFILE', 'KEPT UNTIL', 'RECEIPT', 'SHA-256'].map((heading) => ({ heading }));
      const rows = found.backups.map(({ id, profile, retainUntil, receiptId, pfxSha256 }) => [
        id,
        profile,
        retainUntil.slice(0, 10),
        receiptId,
        pfxSha256,
      ]);
      await output.data(table(columns, rows));
    }
    return exitStatus.ok;
  },
});
