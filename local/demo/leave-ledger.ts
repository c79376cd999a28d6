import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newestCheckpointName, segmentPath, segmentsFolder, unsealedName } from '#crypto/ledger/folder.ts';
import { readSegment, segmentNumber } from '#crypto/ledger/segment.ts';
import { StoreError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';
import { clearUnfinishedFiles, makeFolder, writeFileAtomically } from '#runtime/atomic-file.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { sealLedger } from '#steps/seal-ledger.ts';

const pageOfSegments = 100;

/**
 * Seals what an organization's ledger has, and leaves it in a folder as `escrow ledger export` does: nothing is recorded after it, so
 * all of it is under the checkpoint. A file that is another one than was sealed is written anew, and what is not of this ledger goes.
 * @param folder made if it is not there
 * @throws what `sealLedger` throws
 */
export async function leaveLedger(
  dependencies: Dependencies,
  organization: string,
  folder: string,
): Promise<void> {
  await sealLedger(dependencies, organization);
  const numbers = await segmentNumbers(dependencies, organization);
  const segments = join(folder, segmentsFolder);
  await makeFolder(segments);
  for (const each of [folder, segments]) await clearUnfinishedFiles(each);
  for (const number of numbers) {
    const bytes = await segmentOf(dependencies, organization, number);
    await write(join(folder, segmentPath(number)), bytes);
    if (number !== numbers.at(-1)) continue;
    await write(join(folder, newestCheckpointName), Buffer.from(`${readSegment(bytes).checkpoint}\n`));
  }
  await rm(join(folder, unsealedName), { force: true });
  for (const name of await readdir(segments)) {
    const number = segmentNumber(name);
    if (number !== undefined && !numbers.includes(number)) await rm(join(segments, name));
  }
}

async function segmentNumbers({ segments }: Dependencies, organization: string): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const page = await segments.list(organization, numbers.at(-1) ?? 0, pageOfSegments);
    numbers.push(...page);
    if (page.length < pageOfSegments) return numbers;
  }
}

async function segmentOf(
  { segments }: Dependencies,
  organization: string,
  segment: number,
): Promise<Uint8Array> {
  const bytes = await segments.get(organization, segment);
  if (bytes === undefined) throw new StoreError('object-missing');
  return bytes;
}

async function write(path: string, content: Uint8Array): Promise<void> {
  const there = await readFile(path).catch((error: unknown) => {
    if (errorNumber(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (there !== undefined && Buffer.compare(there, content) === 0) return;
  await writeFileAtomically(path, content, { overwrite: true });
}
