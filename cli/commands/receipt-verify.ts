import { type Receipt, type ReceiptKeys, verifyReceipt } from '#crypto/receipts.ts';
import { ProofError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readNamedFile } from '../read-file.ts';
import { readReceiptKeys } from '../receipt-keys.ts';

/** Checks a receipt's signature, offline, and shows what it says. */
export const receiptVerify = command({
  words: ['receipt', 'verify'],
  group: 'Offline checks',
  summary: "check a receipt's signature and show what it says",
  about: [
    'Checks, offline, that a receipt (compact JWS) is signed by a key of the service, and shows what it states.',
  ],
  operand: { name: 'FILE', required: 'Exactly one file must be named.' },
  options: {
    jwks: {
      type: 'string',
      value: 'FILE',
      says: "the service's public keys (JWK set), from its /.well-known/jwks.json",
      required: '--jwks must name the key set.',
    },
    json: { ...jsonOption, says: 'print the payload as JSON' },
  },
  exits: { 0: 'the receipt is genuine', 1: 'it is not' },
  examples: ['escrow receipt verify obrien_Enroll_EN.receipt.jws --jwks jwks.json'],
  async run(values, { output }, file) {
    const keys = await readReceiptKeys(values.jwks ?? '');
    const receipt = await verifyFile(file, keys);
    if (values.json === true) await writeJson(output, receipt);
    else await output.data(describe(receipt));
    return exitStatus.ok;
  },
});

async function verifyFile(file: string, keys: ReceiptKeys): Promise<Receipt> {
  const jws = new TextDecoder().decode(await readNamedFile(file)).trim();
  try {
    return await verifyReceipt(jws, keys);
  } catch (cause) {
    const why = cause instanceof ProofError ? cause.details.why : undefined;
    throw new ProofError('receipt-invalid', {
      field: file,
      why: why ?? 'it is not a receipt, or not signed by one of these keys, or was altered',
      next: "Fetch the receipt again, and the service's current keys.",
      cause,
    });
  }
}

function describe(receipt: Receipt): string {
  const signed = new Date(receipt.iat * 1000).toISOString();
  const lines = [
    `Genuine ${receipt.receipt} receipt, signed ${signed} by ${receipt.build}.`,
    `  enrollment  ${receipt.enrollmentId} (${receipt.organization})`,
    `  key         ${receipt.label}, ${receipt.keySpec}`,
    `  policy      ${receipt.policy.version}: ${receipt.policy.rules.join(', ')}`,
    ...(receipt.receipt === 'refusal' ? refusalLines(receipt) : backupLines(receipt)),
    ...(receipt.ledgerEntry === undefined ? [] : [`  recorded    as ${receipt.ledgerEntry}`]),
  ];
  return lines.map(printable).join('\n');
}

function refusalLines(receipt: Extract<Receipt, { receipt: 'refusal' }>): string[] {
  return [
    `  refused     ${receipt.action} (${receipt.code})`,
    `  why         ${receipt.reason}`,
    `  ask         ${receipt.contact}`,
  ];
}

function backupLines(receipt: Extract<Receipt, { receipt: 'backup' }>): string[] {
  const { confirms, provedBy, pfxSha256, backupId, retainUntil } = receipt;
  const kept = retainUntil === null ? 'by the subscriber only' : `in escrow until ${retainUntil}`;
  return [
    `  backup      ${backupId}`,
    `  file        SHA-256 ${pfxSha256}`,
    `  kept        ${kept}`,
    '  confirms',
    confirmed(confirms.privateKeyWorks, 'the private key works'),
    confirmed(confirms.passwordSet, 'a password is set on the file'),
    confirmed(confirms.passwordAgreed, 'the enrollment password was entered again, and opened the lock'),
    confirmed(confirms.fileRestores, 'the file restores'),
    `  proved by   ${provedBy.join(', ')}`,
  ];
}

/** What is not confirmed was not tried, or did not hold. */
function confirmed(yes: boolean, what: string): string {
  return `    ${yes ? 'yes' : 'no '} ${what}`;
}
