import { routes } from '#contract/routes.ts';
import { parseReceiptKeys, type Receipt, verifyReceipt } from '#crypto/receipts.ts';
import { ConnectionError, EscrowError, ProofError } from '#domain/errors.ts';
import type { Client } from './client.ts';

/**
 * A receipt, checked by the service's public keys.
 * @returns the receipt as it is (compact JWS), and what it says
 * @throws ProofError `receipt-invalid`; ConnectionError `answer-unknown` if the service's keys are none; what a call throws
 */
export async function fetchReceipt(
  client: Client,
  enrollmentId: string,
  receiptId: string,
): Promise<{ jws: string; receipt: Receipt }> {
  const { bytes } = await client.fetch(routes.readReceipt, { params: { enrollmentId, receiptId } });
  const jws = new TextDecoder().decode(bytes).trim();
  const keys = receiptKeys(await client.call(routes.readKeySet));
  try {
    const receipt = await verifyReceipt(jws, keys);
    if (receipt.enrollmentId === enrollmentId) return { jws, receipt };
  } catch (cause) {
    throw new ProofError('receipt-invalid', { cause });
  }
  throw new ProofError('receipt-invalid', { why: 'The receipt is of another enrollment.' });
}

function receiptKeys(set: unknown) {
  try {
    return parseReceiptKeys(set);
  } catch (cause) {
    if (!(cause instanceof EscrowError)) throw cause;
    throw new ConnectionError('answer-unknown', {
      why: 'The service has no keys that receipts are signed by.',
      cause,
    });
  }
}
