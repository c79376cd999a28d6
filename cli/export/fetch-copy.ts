import * as v from 'valibot';
import { routes } from '#contract/routes.ts';
import { sha256Hex } from '#crypto/identifiers.ts';
import { ConnectionError, ProofError } from '#domain/errors.ts';
import type { Client, RawAnswer } from '../server/client.ts';
import { safeFileName } from '../server/file-name.ts';
import { fetchReceipt } from '../server/receipts.ts';
import { bodyOf, type ExportSecrets } from './secrets.ts';

/** A copy as it came, compared with its receipt. */
export interface Copy {
  exportId: string;
  /** As the service calls it; undefined where that is no safe name. */
  fileName: string | undefined;
  pfx: Uint8Array;
  /** Of the file, hex. */
  pfxSha256: string;
  receiptId: string;
  /** Compact JWS */
  receipt: string;
  generatedPassword: string | undefined;
}

const { schema: toldSchema } = routes.exportCopy.answer;

/**
 * Exports a copy, and checks that it is the very file that its receipt speaks of.
 * @throws ProofError `receipt-invalid` if it is not; ConnectionError `answer-unknown`; what a call throws
 */
export async function fetchCopy(client: Client, enrollmentId: string, secrets: ExportSecrets): Promise<Copy> {
  const accept = secrets.filePassword === 'generated' ? 'application/json' : 'application/pkcs12';
  const params = { enrollmentId };
  const answer = await client.fetch(routes.exportCopy, { params, body: bodyOf(secrets), accept });
  const told = answer.media === 'application/json' ? toldOf(answer) : fileOf(answer);
  const pfxSha256 = sha256Hex(told.pfx);
  const { jws, receipt } = await fetchReceipt(client, enrollmentId, told.receiptId);
  if (receipt.receipt !== 'backup' || receipt.pfxSha256 !== pfxSha256) {
    throw new ProofError('receipt-invalid', {
      why: 'The receipt is not of the file that came.',
      next: 'Export again; if it stays so, tell the operator.',
    });
  }
  return { ...told, pfxSha256, receipt: jws };
}

type Told = Omit<Copy, 'pfxSha256' | 'receipt'>;

function fileOf({ headers, bytes }: RawAnswer): Told {
  const receiptId = /\/receipts\/([\w.]+)>;\s*rel="?describedby"?/.exec(headers.get('link') ?? '')?.[1];
  if (receiptId === undefined) {
    throw new ConnectionError('answer-unknown', { why: 'The answer does not name the receipt of the copy.' });
  }
  return {
    exportId: headers.get('export-id') ?? '',
    fileName: safeFileName(headers.get('content-disposition')),
    pfx: bytes,
    receiptId,
    generatedPassword: undefined,
  };
}

function toldOf({ headers, bytes }: RawAnswer): Told {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), toldSchema), new TextDecoder().decode(bytes));
  if (!parsed.success) throw new ConnectionError('answer-unknown');
  const { exportId, pfx, receiptId, generatedPassword } = parsed.output;
  const fileName = safeFileName(headers.get('content-disposition'));
  return { exportId, fileName, pfx: Buffer.from(pfx, 'base64'), receiptId, generatedPassword };
}
