import * as v from 'valibot';
import { type Dossier, type DossierEntry, entrySchema } from '#crypto/dossier/content.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { type LedgerLine, parseLine } from '#crypto/ledger/line.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import type { KeptLine } from '#ports/ledger-log.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { LedgerTrees } from '#steps/ledger-trees.ts';
import { proveLine } from '#steps/prove-line.ts';

/** The most entries that a dossier holds: with their proofs they are about two megabytes. */
const mostEntries = 1_000;

type Needs = Pick<Dependencies, 'registry' | 'ledgerLog'> & { trees: LedgerTrees };

export interface FoundEntries {
  lines: LedgerLine<DossierEntry>[];
  ledger: Dossier['ledger'];
}

/**
 * The entries of an enrollment, oldest first, each with its proof by the newest checkpoint if that is over it.
 * @throws StoreError `object-damaged` if one is not the one that was sealed, or is none; `store-unavailable`
 */
export async function gatherEntries(
  { registry, ledgerLog, trees }: Needs,
  { organization, id }: Enrollment,
): Promise<FoundEntries> {
  const sealed = await registry.read('ledger', organization, 'ledger');
  const question = { organization, enrollments: [id], limit: mostEntries, after: 0 };
  const { items, cursor } = await ledgerLog.find(question);
  const checkpoint = sealed === undefined ? undefined : readCheckpoint(sealed.checkpoint);
  const entries: Dossier['ledger']['entries'] = [];
  for (const line of items) {
    const isSealed = checkpoint !== undefined && line.sequence <= checkpoint.treeSize;
    const path = isSealed ? await proveLine(trees, line, { ...checkpoint, organization }) : null;
    entries.push({ line: line.text, path });
  }
  return {
    lines: items.map(lineOf),
    ledger: { entries, complete: cursor === undefined, checkpoint: sealed?.checkpoint ?? null },
  };
}

function lineOf({ text }: KeptLine): LedgerLine<DossierEntry> {
  try {
    const { sequence, previousSha256, time, id, entry } = parseLine(Buffer.from(text));
    return { sequence, previousSha256, time, id, entry: v.parse(entrySchema, entry) };
  } catch (cause) {
    throw new StoreError('object-damaged', { why: 'An entry of the ledger is none.', cause });
  }
}
