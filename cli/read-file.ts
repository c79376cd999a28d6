import { readFile } from 'node:fs/promises';
import { SetUpError } from '#domain/errors.ts';

/** Reads a file that the command line names. @throws SetUpError `usage` if it cannot be read */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new SetUpError('usage', {
      field: path,
      why: 'cannot be read.',
      next: 'Check its name and who may read it.',
      cause: error,
    });
  }
}

/** Reads a file of JSON that the command line names. @throws SetUpError `usage` if it cannot be read or is no JSON */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readNamedFile(path));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SetUpError('usage', {
      field: path,
      why: 'is not JSON.',
      next: 'Check that it is the right file.',
      cause: error,
    });
  }
}
