import {
  type DossierReport,
  type VerifyDossierOptions,
  verifyDossier,
} from '#crypto/dossier/verify-dossier.ts';
import type { ReceiptKeys } from '#crypto/receipts.ts';
import { ProofError } from '#domain/errors.ts';
import { command } from '../command.ts';
import { reasonsOf } from '../dossier/reasons.ts';
import { escapedJson } from '../escaped-json.ts';
import { checkpointFile, checkpointOption } from '../ledger/checkpoint-file.ts';
import { openLedgerFolder } from '../ledger/open-folder.ts';
import { jsonOption } from '../options.ts';
import { exitStatus } from '../output.ts';
import { readWholeFile } from '../read-file.ts';
import { readReceiptKeys } from '../receipt-keys.ts';
import { describeDossier } from '../views/dossier.ts';

/** Checks a dossier, offline, and tells what it says. */
export const dossierVerify = command({
  words: ['dossier', 'verify'],
  group: 'Offline checks',
  summary: 'check the dossier of a key, and tell what it says',
  about: [
    'Checks a dossier, offline, from its bytes and the keys of the service: its signature over all of it, the signature of each receipt, that each entry of the ledger is proved by the checkpoint, and that what it tells is what these say. Then it tells what happened to the key, in order of time.',
    'That no entry of the key was left out, only the ledger itself shows: name an export of it with --ledger, and it is verified, and the dossier held against it. That its ledger is the one that it was before, checkpoints show that were kept elsewhere: with the ledger, any; without it, those over the very same entries, and the one that the dossier was taken with.',
  ],
  operand: { name: 'FILE', required: 'Exactly one file must be named.' },
  options: {
    jwks: {
      type: 'string',
      value: 'FILE',
      says: "the service's public keys (JWK set), from its /.well-known/jwks.json; not those of the dossier",
      required: '--jwks must name the key set.',
    },
    checkpoint: checkpointOption,
    ledger: {
      type: 'string',
      value: 'DIR',
      says: 'the ledger, as escrow ledger export wrote it: shows that no entry was left out',
    },
    json: jsonOption,
  },
  exits: { 0: 'the dossier is genuine', 1: 'it is not' },
  examples: [
    'escrow dossier verify obrien.dossier.json --jwks jwks.json --checkpoint checkpoint.jwt',
    [
      'escrow dossier verify obrien.dossier.json --jwks jwks.json --ledger ledger',
      'that nothing was left out, too',
    ],
  ],
  async run({ jwks, checkpoint = [], ledger, json }, { output }, file) {
    const keys = await readReceiptKeys(jwks ?? '');
    const anchors = checkpoint.map(checkpointFile);
    const folder = ledger === undefined ? {} : { ledger: await openLedgerFolder(ledger) };
    const report = await verifyFile(file, keys, { anchors, ...folder });
    if (json === true) await output.data(escapedJson(report));
    else {
      const policies = report.ok ? report.dossier.policies : [];
      await output.data(describeDossier(report, await reasonsOf(policies)));
    }
    return report.ok ? exitStatus.ok : exitStatus.no;
  },
});

async function verifyFile(
  file: string,
  keys: ReceiptKeys,
  against: VerifyDossierOptions,
): Promise<DossierReport> {
  const bytes = await readWholeFile(file);
  try {
    return await verifyDossier(bytes, keys, against);
  } catch (cause) {
    if (!(cause instanceof ProofError) || cause.code !== 'dossier-invalid') throw cause;
    const { why = 'it is no dossier' } = cause.details;
    throw new ProofError('dossier-invalid', {
      field: file,
      why,
      next: 'Take the file as it was given, or fetch the dossier again.',
      cause,
    });
  }
}
