import type { KeptLine, LedgerLog } from '#ports/ledger-log.ts';
import type { SealableLog } from '#ports/sealable-log.ts';

const pageOfLines = 1_000;

/** A log whose entries have had their order since they were recorded, for what seals it: there is nothing to note. */
export function orderedLog(log: LedgerLog): SealableLog {
  return {
    following: (organization, { treeSize }) => linesAfter(log, organization, treeSize),
    async holds(organization, _segment, lines, { treeSize }) {
      const logged = await log.lines(organization, treeSize, lines.length);
      return logged.length === lines.length && logged.every(({ text }, index) => text === lines[index]);
    },
    async noteSealed() {},
  };
}

async function* linesAfter(log: LedgerLog, organization: string, sealed: number): AsyncGenerator<KeptLine> {
  for (let after = sealed; ; after += pageOfLines) {
    const page = await log.lines(organization, after, pageOfLines);
    yield* page;
    if (page.length < pageOfLines) return;
  }
}
