import { ConnectionError } from '#domain/errors.ts';

/** No answer of the service is longer: a page of 200 enrollments, or a PFX, is far shorter. In bytes. */
const longest = 8 * 1_048_576;

/**
 * The body of a response, which may be anybody's.
 * @throws ConnectionError `answer-unknown` if it is longer than any answer of the service; what the stream throws
 */
export async function readLimited(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > longest) {
      throw new ConnectionError('answer-unknown', { why: 'The answer is longer than any of this service.' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
