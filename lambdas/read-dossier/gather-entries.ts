import * as v from 'valibot';
import { type Dossier, type DossierEntry, entrySchema } from '#crypto/dossier/content.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { type LedgerLine, parseLine } from '#crypto/ledger/line.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import type { KeptLine } from '#ports/ledger-log.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
import { proveLines } from '#steps/prove-lines.ts';

/** The most entries that a dossier holds, the first ones: with their proofs they are usually about two megabytes. */
const mostEntries = 1_000;
/** The most that they may be long together, as a dossier spells them: some are very long. */
const mostCharacters = 2_200_000;
/** Sealed lines that are looked through one by one, the newest. */
const newestLines = 200;
/** A hash of a proof, as a dossier spells it: on a line of its own. */
const hashCharacters = 80;

type Needs = Pick<Dependencies, 'registry' | 'ledgerLog'> & { trees: LedgerTrees };

export interface FoundEntries {
  lines: LedgerLine<DossierEntry>[];
  ledger: Dossier['ledger'];
}

/**
 * The entries of an enrollment, oldest first, each with its proof by the newest checkpoint if that is over it.
 * @param since how many entries an earlier checkpoint is over: the proof comes along that the ledger continues it
 * @throws StoreError `object-damaged` if one is not the one that was sealed, or is none; `store-unavailable`
 */
export async function gatherEntries(
  { registry, ledgerLog, trees }: Needs,
  { organization, id }: Enrollment,
  since: number | undefined,
): Promise<FoundEntries> {
  const sealed = await registry.read('ledger', organization, 'ledger');
  const checkpoint = sealed && { ...readCheckpoint(sealed.checkpoint), organization };
  const { treeSize = 0 } = checkpoint ?? {};
  const { items, isAll } = await findEntries(ledgerLog, { organization, id, treeSize });
  const kept = firstOf(items, Math.ceil(Math.log2(treeSize + 1)));
  const under = kept.filter(({ sequence }) => sequence <= treeSize);
  const paths = checkpoint === undefined ? [] : await proveLines(trees, under, checkpoint);
  return {
    lines: kept.map(lineOf),
    ledger: {
      entries: kept.map(({ text: line }, place) => ({ line, path: paths[place] ?? null })),
      complete: isAll && kept.length === items.length,
      checkpoint: sealed?.checkpoint ?? null,
      consistency: await continuing(trees, { organization, treeSize, since }),
    },
  };
}

/** What is found by indexes may lack what was sealed a moment ago: so the newest lines are looked through as well. */
async function findEntries(
  ledgerLog: Needs['ledgerLog'],
  { organization, id, treeSize }: { organization: string; id: string; treeSize: number },
): Promise<{ items: KeptLine[]; isAll: boolean }> {
  const question = { organization, enrollments: [id], limit: mostEntries, after: 0 };
  const { items, cursor } = await ledgerLog.find(question);
  if (cursor !== undefined) return { items, isAll: false };
  const newest = await ledgerLog.lines(organization, Math.max(0, treeSize - newestLines), newestLines);
  const known = new Set(items.map(({ sequence }) => sequence));
  const more = newest.filter(
    (line) =>
      !known.has(line.sequence) && line.sequence <= treeSize && lineOf(line).entry.enrollmentId === id,
  );
  return { items: [...items, ...more].sort((one, other) => one.sequence - other.sequence), isAll: true };
}

async function continuing(
  trees: LedgerTrees,
  { organization, treeSize, since }: { organization: string; treeSize: number; since: number | undefined },
): Promise<Dossier['ledger']['consistency']> {
  if (since === undefined || since > treeSize) return null;
  const path = await trees.consistencyPath(organization, since, treeSize);
  return { treeSize: since, path: path.map((node) => Buffer.from(node).toString('hex')) };
}

/** Those that there is room for. @param proofLength the most hashes that a proof has */
function firstOf(lines: readonly KeptLine[], proofLength: number): KeptLine[] {
  let room = mostCharacters;
  return lines.filter(({ text }) => {
    room -= JSON.stringify(text).length + hashCharacters * proofLength;
    return room >= 0;
  });
}

function lineOf({ text }: KeptLine): LedgerLine<DossierEntry> {
  try {
    const { sequence, previousSha256, time, id, entry } = parseLine(Buffer.from(text));
    return { sequence, previousSha256, time, id, entry: v.parse(entrySchema, entry) };
  } catch (cause) {
    throw new StoreError('object-damaged', { why: 'An entry of the ledger is none.', cause });
  }
}
