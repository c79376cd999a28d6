import { routes } from '#contract/routes.ts';
import { parseReceiptKeys, type ReceiptKeys } from '#crypto/receipts.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { checkDossier } from '../dossier/check-dossier.ts';
import { newestKept } from '../dossier/newest-kept.ts';
import { checkpointFile, checkpointOption } from '../ledger/checkpoint-file.ts';
import { enrollmentOperand } from '../options.ts';
import { exitStatus } from '../output.ts';
import { readReceiptKeys } from '../receipt-keys.ts';
import type { Client } from '../server/client.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { count } from '../views/enrollment.ts';
import { checkNotTaken, writeNewFile } from '../write-file.ts';

/** Takes the dossier of an enrollment, and verifies it. */
export const dossier = command({
  words: ['dossier'],
  group: 'Operate',
  summary: 'take all that is known of one key, signed',
  about: [
    'Takes the dossier of an enrollment: one signed file with the request, what policy decided and why, the key, its backups and receipts, copies that were taken or refused, what its subscriber was told, and each entry of the ledger with its proof. No secret is in it; the name and address of the subscriber are.',
    'It is opened and verified before it counts. escrow dossier verify does that again, without the service, and tells what it says.',
  ],
  operand: enrollmentOperand,
  options: {
    jwks: {
      type: 'string',
      value: 'FILE',
      says: "the service's public keys (JWK set); the server's own if not given, which it may have made up",
    },
    checkpoint: {
      ...checkpointOption,
      says: 'checkpoints that were kept elsewhere, one a line: it has the proof that the ledger continues the newest of them',
    },
    out: { type: 'string', value: 'FILE', says: 'where it goes; standard output if not given' },
    ...connectionOptions,
  },
  exits: { 0: 'taken, and genuine', 1: 'not taken', ...serverExits },
  examples: [
    'escrow dossier enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --out obrien.dossier.json',
    'escrow dossier enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --checkpoint last-year.jwt --jwks jwks.json --out obrien.dossier.json',
  ],
  async run({ jwks, checkpoint = [], out, ...values }, context, enrollmentId) {
    const { output } = context;
    if (out !== undefined) checkNotTaken(out);
    const client = await openClient(values, context);
    const keys = jwks === undefined ? await serverKeys(client) : await readReceiptKeys(jwks);
    const anchors = checkpoint.map(checkpointFile);
    const since = await newestKept(client, anchors, keys);
    const query = since === undefined ? {} : { since: String(since) };
    const { bytes } = await client.fetch(routes.readDossier, { params: { enrollmentId }, query });
    const { lines, receipts } = await checkDossier(bytes, { enrollmentId, since }, keys, anchors);
    if (out === undefined) await output.data(new TextDecoder().decode(bytes));
    else {
      await writeNewFile(out, bytes, 0o600);
      const held = [count(lines.length, 'entry', 'entries'), count(receipts.length, 'receipt')];
      output.message(`The dossier is in ${printable(out)}: ${held.join(' and ')}, each verified.`);
    }
    return exitStatus.ok;
  },
});

async function serverKeys(client: Client): Promise<ReceiptKeys> {
  return parseReceiptKeys(await client.call(routes.readKeySet));
}
