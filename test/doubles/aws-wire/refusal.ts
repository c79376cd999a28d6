import type { IncomingMessage } from 'node:http';
import type { AwsError } from '../aws-json/aws-error.ts';

/** A refusal in the words of the protocol that the request came in: JSON, the query protocol's XML, or S3's. */
export function refusalOf({ type, message, status }: AwsError, { headers }: IncomingMessage) {
  const kind = headers['content-type'] ?? '';
  const sent = { 'x-amzn-requestid': crypto.randomUUID() };
  if (kind.startsWith('application/x-amz-json')) {
    const body = Buffer.from(JSON.stringify({ __type: type, message }));
    return { status, headers: { ...sent, 'content-type': kind }, body };
  }
  const error = `<Code>${type}</Code><Message>${escaped(message)}</Message>`;
  const text = kind.startsWith('application/x-www-form-urlencoded')
    ? `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>${error}</Error></ErrorResponse>`
    : `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${error}</Error>`;
  return { status, headers: { ...sent, 'content-type': 'application/xml' }, body: Buffer.from(text) };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
