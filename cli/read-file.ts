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

/** A list of a million subscribers is about 100 MB. */
const longestList = 256 * 1_048_576;

/**
 * Reads a list, from a file that the command line names or from a stream.
 * @throws SetUpError `usage` if it is longer than 256 MiB, or cannot be read; StoreError `store-unavailable`
 */
export async function readWholeFile(source: string | AsyncIterable<Buffer>): Promise<Uint8Array> {
  const name = typeof source === 'string' ? source : 'standard input';
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of typeof source === 'string' ? createReadStream(source) : source) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > longestList) break;
    }
  } catch (error) {
    throw fileError(name, error);
  }
  if (length <= longestList) return Buffer.concat(chunks);
  throw new SetUpError('usage', { field: name, why: 'it is longer than 256 MiB', next: 'Split it.' });
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
