import { routes } from '#contract/routes.ts';
import { AccessError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { enrollmentOperand } from '../options.ts';
import { exitStatus } from '../output.ts';
import type { Client } from '../server/client.ts';
import { fetchReceipt } from '../server/receipts.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { writeNewFile } from '../write-file.ts';

/** Takes a receipt, and checks its signature. */
export const receiptGet = command({
  words: ['receipt', 'get'],
  group: 'Keys and backups',
  summary: 'take a receipt, checked',
  about: [
    "Takes a receipt (compact JWS) of an enrollment: the one named, else that of its escrowed backup, else that of its refusal. It is checked against the service's public keys before it is given out. escrow receipt verify shows what it says.",
  ],
  operand: enrollmentOperand,
  options: {
    receipt: { type: 'string', value: 'ID', says: 'which one, as escrow backups or an export names it' },
    out: { type: 'string', value: 'FILE', says: 'where it goes; standard output if not given' },
    ...connectionOptions,
  },
  exits: { 0: 'taken, and genuine', 1: 'not taken', ...serverExits },
  examples: ['escrow receipt get enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --out obrien_Enroll_EN.receipt.jws'],
  async run({ receipt: named, out, ...values }, context, enrollmentId) {
    const client = await openClient(values, context);
    const receiptId = named ?? (await onlyReceipt(client, enrollmentId));
    const { jws } = await fetchReceipt(client, enrollmentId, receiptId);
    if (out === undefined) await context.output.data(jws);
    else {
      await writeNewFile(out, `${jws}\n`, 0o644);
      context.output.message(`The receipt is in ${printable(out)}.`);
    }
    return exitStatus.ok;
  },
});

async function onlyReceipt(client: Client, enrollmentId: string): Promise<string> {
  const params = { enrollmentId };
  const { backups } = await client.call(routes.listBackups, { params });
  const newest =
    backups.at(-1)?.receiptId ?? (await client.call(routes.showEnrollment, { params })).refusal?.receiptId;
  if (newest !== undefined) return newest;
  throw new AccessError('not-found', {
    why: 'It has no receipt of an escrowed backup or of a refusal.',
    next: 'Name the receipt of an export with --receipt.',
  });
}
