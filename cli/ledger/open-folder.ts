import { constants, type Dirent } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newestCheckpointName, segmentsFolder, unsealedName } from '#crypto/ledger/folder.ts';
import { segmentNumber } from '#crypto/ledger/segment.ts';
import type { LedgerFolder } from '#crypto/ledger/verify-ledger.ts';
import { ProofError, SetUpError } from '#domain/errors.ts';
import { errorNumber, fileError, printable } from '#domain/plain-words.ts';

const chunkSize = 262_144;

/**
 * A folder that a ledger was exported to, to be read file by file. Only what is a file itself is read, no link and no device.
 * @throws SetUpError `usage` if there is no such folder, or no ledger in it; StoreError `store-unavailable`
 */
export async function openLedgerFolder(folder: string): Promise<LedgerFolder> {
  const entries = await list(folder);
  const segments = entries.find(({ name }) => name === segmentsFolder);
  if (segments?.isDirectory() !== true) {
    const why = `it holds no ledger: there is no folder ${segmentsFolder} in it`;
    throw new SetUpError('usage', {
      field: folder,
      why,
      next: 'Name the folder that a ledger was exported to.',
    });
  }
  const names = (await list(join(folder, segmentsFolder))).map(({ name }) => name);
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
  const known = [segmentsFolder, unsealedName, newestCheckpointName];
  const strays = [
    ...entries.filter(({ name }) => !known.includes(name)).map(({ name }) => name),
    ...names.filter((name) => segmentNumber(name) === undefined).map((name) => `${segmentsFolder}/${name}`),
  ];
  return {
    segments: numbers.sort((a, b) => a - b),
    hasUnsealed: entries.some(({ name }) => name === unsealedName),
    hasCheckpoint: entries.some(({ name }) => name === newestCheckpointName),
    // They are told and not opened, and may be called anything.
    strays: strays.map(printable).sort(),
    read: (name) => readRegularFile(join(folder, name)),
  };
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const isFile = errorNumber(error) === 'ENOTDIR';
    throw isFile
      ? new SetUpError('usage', { field: folder, why: 'it is a file, not a folder' })
      : fileError(folder, error);
  }
}

async function* readRegularFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    const chunks: AsyncIterable<Uint8Array> = file.createReadStream({ highWaterMark: chunkSize });
    for await (const chunk of chunks) yield chunk;
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await file.close();
  }
}

/** A device could have no end, a pipe no beginning, and a link leads elsewhere. */
async function openRegularFile(path: string): Promise<FileHandle> {
  const why = 'it is not a file, but a link, a folder or a device';
  try {
    if (!(await lstat(path)).isFile()) throw new ProofError('ledger-unreadable', { field: path, why });
    // Whatever takes its place in between is not followed, and not waited for.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw error instanceof ProofError ? error : fileError(path, error);
  }
}
