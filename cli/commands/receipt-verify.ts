import { parseReceiptKeys, type Receipt, verifyReceipt } from '#crypto/receipts.ts';
import { SetUpError } from '#domain/errors.ts';
import { type Command, onlyFile, readArguments } from '../command.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readJsonFile, readNamedFile } from '../read-file.ts';

/** Checks a receipt's signature, offline, and shows what it says. */
export const receiptVerify: Command = {
  words: ['receipt', 'verify'],
  summary: "check a receipt's signature and show what it says",
  help: `escrow receipt verify FILE --jwks FILE [--json]

Checks, offline, that a receipt (compact JWS) is signed by a key of the service, and shows what it states.

  --jwks FILE   the service's public keys (JWK set)
  --json        print the payload as JSON

Exit status: 0 the receipt is genuine, 1 it is not, 2 wrong usage.
Example: escrow receipt verify obrien_Enroll_EN.receipt.jws --jwks jwks.json
`,
  async run(args, output) {
    const { values, positionals } = readArguments(args, {
      jwks: { type: 'string' },
      json: { type: 'boolean' },
    });
    const file = onlyFile(positionals);
    if (values.jwks === undefined) throw new SetUpError('usage', { why: '--jwks must name the key set.' });
    const keys = parseReceiptKeys(await readJsonFile(values.jwks));
    const jws = new TextDecoder().decode(await readNamedFile(file)).trim();
    const receipt = await verifyReceipt(jws, keys);
    if (values.json === true) writeJson(output, receipt);
    else output.data(describe(receipt));
    return exitStatus.ok;
  },
};

function describe(receipt: Receipt): string {
  const signed = new Date(receipt.iat * 1000).toISOString();
  const lines = [
    `Genuine ${receipt.receipt} receipt, signed ${signed} by ${receipt.build}.`,
    `  enrollment  ${receipt.enrollmentId} (${receipt.organization})`,
    `  key         ${receipt.label}, ${receipt.keySpec}`,
    `  policy      ${receipt.policy.version}: ${receipt.policy.rules.join(', ')}`,
  ];
  if (receipt.receipt === 'refusal') {
    return [...lines, `  refused     ${receipt.action}: ${receipt.reason} Ask ${receipt.contact}.`].join(
      '\n',
    );
  }
  const { confirms, provedBy, pfxSha256, backupId, retainUntil } = receipt;
  const confirmed = Object.entries(confirms).map(([name, yes]) => `    ${yes ? 'yes' : 'no '} ${name}`);
  return [
    ...lines,
    `  backup      ${backupId}, SHA-256 ${pfxSha256}`,
    `  kept        ${retainUntil === null ? 'by the subscriber only' : `in escrow until ${retainUntil}`}`,
    '  confirms',
    ...confirmed,
    `  proved by   ${provedBy.join(', ')}`,
  ].join('\n');
}
