import * as v from 'valibot';
import { ledgerEntryView } from '#contract/api/ledger.ts';
import { routes } from '#contract/routes.ts';
import { parseReceiptKeys, type ReceiptKeys } from '#crypto/receipts.ts';
import { ProofError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { checkProof, type ProvedEntry } from '../ledger/check-proof.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readReceiptKeys } from '../receipt-keys.ts';
import type { Client } from '../server/client.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { describeEntry } from '../views/ledger-entry.ts';
import { checkNotTaken, writeNewFile } from '../write-file.ts';

/** Proves an entry of the ledger, and verifies the proof. */
export const ledgerProve = command({
  words: ['ledger', 'prove'],
  group: 'Operate',
  summary: 'prove that an entry stands in the ledger',
  about: [
    'Takes the proof that an entry stands in the ledger: its line, the newest checkpoint, and the hashes that lead from one to the other (RFC 9162). It is verified here, and says what was recorded. The rest of the ledger is not needed, and not shown.',
    'The id of an entry stands in the receipt of what it recorded, and in what escrow ledger show tells.',
  ],
  operand: {
    name: 'ENTRY',
    required: 'The id of one entry must be given, as a receipt or escrow ledger show names it.',
  },
  options: {
    jwks: {
      type: 'string',
      value: 'FILE',
      says: "the service's public keys (JWK set); the server's own if not given, which it may have made up",
    },
    out: { type: 'string', value: 'FILE', says: 'write the proof to this file (JSON)' },
    json: { ...jsonOption, says: 'print the proof itself as JSON' },
    ...connectionOptions,
  },
  exits: { 0: 'proved', 1: 'not proved', ...serverExits },
  examples: ['escrow ledger prove led_4hq2kzr7w5d3xn6ypb2mtcvfqa --jwks jwks.json --out export.proof.json'],
  async run({ jwks, out, json, ...values }, context, entryId) {
    const { output } = context;
    if (out !== undefined) checkNotTaken(out);
    const client = await openClient(values, context);
    const proof = await client.call(routes.proveEntry, { params: { entryId } });
    const keys = jwks === undefined ? await serverKeys(client) : await readReceiptKeys(jwks);
    const proved = await checkProof(entryId, proof, keys);
    if (out !== undefined) {
      await writeNewFile(out, `${JSON.stringify(proof, null, 2)}\n`, 0o644);
      output.message(`The proof is in ${printable(out)}.`);
    }
    if (json === true) await writeJson(output, proof);
    else await output.data(described(proved));
    return exitStatus.ok;
  },
});

async function serverKeys(client: Client): Promise<ReceiptKeys> {
  return parseReceiptKeys(await client.call(routes.readKeySet));
}

function described({ line, checkpoint }: ProvedEntry): string {
  const { sequence, time, id, entry } = line;
  const shown = v.safeParse(ledgerEntryView, { ...entry, sequence, time, id });
  if (!shown.success) {
    throw new ProofError('ledger-unreadable', { why: 'the entry does not say what entries say' });
  }
  const where = [
    `Proved: entry ${sequence} of ${checkpoint.treeSize} in the ledger of ${checkpoint.organization}.`,
    `  sealed      ${checkpoint.time}, in a ledger whose root is`,
    `              ${checkpoint.rootHash}`,
    '',
  ];
  return [...where.map(printable), describeEntry(shown.output)].join('\n');
}
