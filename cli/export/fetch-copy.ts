import * as v from 'valibot';
import { routes } from '#contract/routes.ts';
import { sha256Hex } from '#crypto/identifiers.ts';
import { ConnectionError, ProofError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
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
  /** As its receipt says it. */
  profile: PfxProfile;
  /** What the service would have its owner know of a file of this profile. */
  warning: string | undefined;
  /** Of the file, hex. */
  pfxSha256: string;
  receiptId: string;
  /** Compact JWS */
  receipt: string;
  generatedPassword: string | undefined;
}

const { schema: toldSchema } = routes.exportCopy.answer;

/**
 * Exports a copy, and checks that it is the very file that its receipt speaks of, of the profile that was asked for.
 * @param profile the service's usual one if undefined
 * @throws ProofError `receipt-invalid` if it is not; ConnectionError `answer-unknown`; what a call throws
 */
export async function fetchCopy(
  client: Client,
  enrollmentId: string,
  secrets: ExportSecrets,
  profile: PfxProfile | undefined,
): Promise<Copy> {
  const accept = secrets.filePassword === 'generated' ? 'application/json' : 'application/pkcs12';
  const params = { enrollmentId };
  const body = { ...bodyOf(secrets), ...(profile !== undefined && { profile }) };
  const answer = await client.fetch(routes.exportCopy, { params, body, accept });
  const told = answer.media === 'application/json' ? toldOf(answer) : fileOf(answer);
  const pfxSha256 = sha256Hex(told.pfx);
  const { jws, receipt } = await fetchReceipt(client, enrollmentId, told.receiptId);
  if (receipt.receipt !== 'backup' || receipt.pfxSha256 !== pfxSha256) {
    throw wrongReceipt('The receipt is not of the file that came.');
  }
  if (profile !== undefined && receipt.profile !== profile) {
    throw wrongReceipt(`The receipt is of a file of the profile ${receipt.profile}, not ${profile}.`);
  }
  return { ...told, profile: receipt.profile, pfxSha256, receipt: jws };
}

function wrongReceipt(why: string): ProofError {
  return new ProofError('receipt-invalid', { why, next: 'Export again; if it stays so, tell the operator.' });
}

type Told = Omit<Copy, 'profile' | 'pfxSha256' | 'receipt'>;

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
    warning: undefined,
    generatedPassword: undefined,
  };
}

function toldOf({ headers, bytes }: RawAnswer): Told {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), toldSchema), new TextDecoder().decode(bytes));
  if (!parsed.success) throw new ConnectionError('answer-unknown');
  const { exportId, receiptId, warning, generatedPassword } = parsed.output;
  const pfx = Buffer.from(parsed.output.pfx, 'base64');
  const fileName = safeFileName(headers.get('content-disposition'));
  return { exportId, fileName, pfx, receiptId, warning, generatedPassword };
}
