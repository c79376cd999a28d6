import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { type Exported, exportLedger } from '../ledger/export-ledger.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { progress } from '../terminal/progress.ts';
import { count } from '../views/enrollment.ts';

/** Brings a folder up to the organization's ledger. */
export const ledgerExport = command({
  words: ['ledger', 'export'],
  group: 'Operate',
  summary: 'copy the ledger to a folder, or what is new of it',
  about: [
    'Writes the ledger of your organization to a folder that escrow ledger verify takes: its sealed segments, the newest checkpoint, and the entries that are not sealed yet. Again into the same folder it fetches only what is new, so it may be cut short; a folder of another organization is refused, and so is one that holds another history than the server.',
    'Keep checkpoint.jwt of each export elsewhere, where nobody who works on the service can change it: with it, nobody can rewrite the ledger up to there unseen.',
  ],
  operand: { name: 'DIR', required: 'Exactly one folder must be named.' },
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'the folder is up to date', 1: 'it is not', ...serverExits },
  examples: ['escrow ledger export ledger', ['escrow ledger export ledger --json', 'for a program']],
  async run({ json, ...values }, context, dir) {
    const { output } = context;
    const client = await openClient(values, context);
    let line: ReturnType<typeof progress> | undefined;
    const onSegment = (done: number, total: number) => {
      line ??= progress({ noun: 'segments', total });
      line.at(done);
    };
    const exported = await exportLedger(client, dir, onSegment).finally(() => line?.end());
    if (json === true) await writeJson(output, exported);
    else await output.data(described(exported, dir));
    return exitStatus.ok;
  },
});

function described({ organization, segments, newSegments, sealed, unsealed }: Exported, dir: string): string {
  const lines = [
    `The ledger of ${organization} is in ${dir}:`,
    `  sealed        ${count(sealed, 'entry', 'entries')} in ${count(segments, 'segment')}, ${newSegments} of them new`,
    `  not sealed    ${count(unsealed, 'entry', 'entries')}`,
    ...(segments === 0 ? [] : [`  to keep       ${dir}/checkpoint.jwt, elsewhere`]),
  ];
  return lines.map(printable).join('\n');
}
