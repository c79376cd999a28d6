import { verifyLedger } from '#crypto/ledger/verify-ledger.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { escapedJson } from '../escaped-json.ts';
import { checkpointFile, checkpointOption, standsIn } from '../ledger/checkpoint-file.ts';
import { openLedgerFolder } from '../ledger/open-folder.ts';
import { jsonOption } from '../options.ts';
import { exitStatus } from '../output.ts';
import { readReceiptKeys } from '../receipt-keys.ts';
import { progress } from '../terminal/progress.ts';
import { describeLedger } from '../views/ledger.ts';

/** Checks an exported ledger, offline. */
export const ledgerVerify = command({
  words: ['ledger', 'verify'],
  group: 'Offline checks',
  summary: 'check that an exported ledger is whole, and the one that it was',
  about: [
    'Checks a ledger, offline, from its files and the keys of the service: that each entry is the one that was recorded, that none is missing, there twice or out of order, and that the service signed all of it. What is wrong is told with its name, file and line.',
    'Whoever holds all keys of the service could write another history and sign it. What shows that is a checkpoint that was kept elsewhere: the file checkpoint.jwt of an earlier export, or a file that a witness appended checkpoints to. Name as many as there are.',
  ],
  operand: { name: 'DIR', required: 'Exactly one folder must be named.' },
  options: {
    jwks: {
      type: 'string',
      value: 'FILE',
      says: "the service's public keys (JWK set), from its /.well-known/jwks.json; not from whoever gave the ledger",
      required: '--jwks must name the key set.',
    },
    checkpoint: checkpointOption,
    json: jsonOption,
  },
  exits: { 0: 'the ledger is whole', 1: 'it is not' },
  examples: [
    'escrow ledger verify ledger --jwks jwks.json --checkpoint last-year.jwt',
    [
      'escrow ledger verify ledger --jwks jwks.json --checkpoint a.jwt --checkpoint witness.txt --json',
      'for a program',
    ],
  ],
  async run(values, { output }, dir) {
    const keys = await readReceiptKeys(values.jwks ?? '');
    const folder = await openLedgerFolder(dir);
    const named = values.checkpoint ?? [];
    for (const file of named) {
      if (!(await standsIn(dir, file))) continue;
      output.message(
        `${printable(file)} stands in the folder itself: whoever wrote the ledger anew could have written that, too. Name one that was kept elsewhere.`,
      );
    }
    const anchors = named.map(checkpointFile);
    const line = progress({ noun: 'segments', total: folder.segments.length });
    const report = await verifyLedger(folder, keys, { anchors, onSegment: line.at }).finally(line.end);
    await output.data(values.json === true ? escapedJson(report) : describeLedger(report));
    return report.ok ? exitStatus.ok : exitStatus.no;
  },
});
