import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import type { CheckpointFile } from '#crypto/ledger/anchors.ts';
import { fileError } from '#domain/plain-words.ts';

/** The option that names files of checkpoints. */
export const checkpointOption = {
  type: 'string',
  value: 'FILE',
  multiple: true,
  says: 'checkpoints that were kept elsewhere, one a line',
} as const;

/** A file of checkpoints that the command line names. What reading it throws is as `fileError` has it. */
export function checkpointFile(name: string): CheckpointFile {
  return { name, read: () => readFile(name) };
}

/** Whether a file stands in a folder, or below it, by whatever links it is named. What cannot be read does not. */
export async function standsIn(folder: string, file: string): Promise<boolean> {
  const [there, path] = await Promise.all([folder, file].map((each) => realpath(each).catch(() => '')));
  return there !== '' && path !== '' && path?.startsWith(`${there}${sep}`) === true;
}

async function* readFile(name: string): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterable<Uint8Array> = createReadStream(name);
  try {
    for await (const chunk of chunks) yield chunk;
  } catch (error) {
    throw fileError(name, error);
  }
}
