import { createReadStream } from 'node:fs';
import { SetUpError } from '#domain/errors.ts';
import { fileError } from '#domain/plain-words.ts';

/** No PFX, receipt, key set or password file is longer than 1 MiB. */
const longest = 1_048_576;

/**
 * Reads a file that the command line names, also a pipe, up to a little over 1 MiB: what is longer is nothing that is
 * read here, and whatever checks the content says so.
 * @throws SetUpError `usage`, StoreError `store-unavailable` if it cannot be read
 */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  try {
    return await readBounded(createReadStream(path, { end: longest }));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Reads a stream to its end, or until it has given more than 1 MiB; the rest is left. */
export async function readBounded(stream: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longest) break;
  }
  return Buffer.concat(chunks);
}

/** Reads a file of JSON that the command line names. Throws as `readNamedFile`, and SetUpError `usage` if it is no JSON. */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readNamedFile(path));
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: a parser's message quotes what it read, and that may be a private key named by mistake.
    throw new SetUpError('usage', {
      field: path,
      why: 'it is not JSON',
      next: 'Check that it is the right file.',
    });
  }
}
