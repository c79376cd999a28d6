import { createReadStream } from 'node:fs';
import type { CheckpointFile } from '#crypto/ledger/anchors.ts';
import { type LedgerReport, verifyLedger } from '#crypto/ledger/verify-ledger.ts';
import { fileError } from '#domain/plain-words.ts';
import { command } from '../command.ts';
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
    checkpoint: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      says: 'checkpoints that were kept elsewhere, one a line',
    },
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
    const anchors = (values.checkpoint ?? []).map(checkpointFile);
    const line = progress({ noun: 'segments', total: folder.segments.length });
    const report = await verifyLedger(folder, keys, { anchors, onSegment: line.at }).finally(line.end);
    await output.data(values.json === true ? jsonOf(report) : describeLedger(report));
    return report.ok ? exitStatus.ok : exitStatus.no;
  },
});

function checkpointFile(name: string): CheckpointFile {
  return { name, read: () => readFile(name) };
}

async function* readFile(name: string): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterable<Uint8Array> = createReadStream(name);
  try {
    for await (const chunk of chunks) yield chunk;
  } catch (error) {
    throw fileError(name, error);
  }
}

/** What a terminal would not show, or act upon, is escaped: an organization's or a file's name may hold it. */
function jsonOf(report: LedgerReport): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(report, null, 2).replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (text) =>
    text.split('').map(escaped).join(''),
  );
}
