import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { ArgumentsError, command } from '../command.ts';
import { enrollmentOperand } from '../options.ts';
import { exitStatus } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { writeNewFile } from '../write-file.ts';

/** Takes the certificate request of an enrollment. */
export const csr = command({
  words: ['csr'],
  group: 'Keys and backups',
  summary: 'take the certificate request (PKCS#10) for the CA',
  about: [
    'Takes the certificate request of an enrollment that is ready: to standard output, or to a file that is not there yet.',
  ],
  operand: enrollmentOperand,
  options: {
    out: { type: 'string', value: 'FILE', says: 'where it goes; standard output if not given' },
    der: { type: 'boolean', says: 'as DER, which needs --out; PEM if not given' },
    ...connectionOptions,
  },
  exits: { 0: 'taken', 1: 'not taken', ...serverExits },
  examples: [
    'escrow csr enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --out obrien_Enroll_EN.csr.pem',
    ['escrow csr enr_4hq2kzr7w5d3xn6ypb2mtcvfqa | openssl req -noout -text', 'read it'],
  ],
  async run({ out, der, ...values }, context, enrollmentId) {
    if (der === true && out === undefined) throw new ArgumentsError({ why: '--der needs --out FILE.' });
    const { output } = context;
    const client = await openClient(values, context);
    const accept = der === true ? 'application/pkcs10' : 'application/x-pem-file';
    const { bytes } = await client.fetch(routes.readCsr, { params: { enrollmentId }, accept });
    if (out === undefined) await output.data(new TextDecoder().decode(bytes));
    else {
      await writeNewFile(out, bytes, 0o644);
      output.message(`The request is in ${printable(out)}.`);
    }
    return exitStatus.ok;
  },
});
