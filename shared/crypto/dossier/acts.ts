import type { LedgerLine } from '../ledger/line.ts';
import type { DossierDecision, DossierEntry, DossierExport } from './content.ts';

type Line = Pick<LedgerLine<DossierEntry>, 'id' | 'time' | 'entry'>;

/** The action under which copies are recorded. */
const exporting = 'export-copy';

/** Each time policy was asked, as the entries of an enrollment have it. */
export function decisionsIn(lines: readonly Line[]): DossierDecision[] {
  return lines.flatMap((line) => {
    const { action, policy } = line.entry;
    return policy === undefined ? [] : [{ ...actIn(line), action, policy }];
  });
}

/** Copies that were taken, refused or failed, as the entries of an enrollment have it. */
export function exportsIn(lines: readonly Line[]): DossierExport[] {
  const takenBack = new Map(lines.map(({ id, entry }) => [entry.takesBack, id]));
  return lines
    .filter(({ entry }) => entry.action === exporting)
    .map((line) => {
      const { profile, policy, receiptId } = line.entry;
      const takenBackBy = takenBack.get(line.id);
      return {
        ...actIn(line),
        ...(profile !== undefined && { profile }),
        ...(policy !== undefined && { policy }),
        ...(receiptId !== undefined && { receiptId }),
        ...(takenBackBy !== undefined && { takenBackBy }),
      };
    });
}

function actIn({ id, time, entry: { principal, outcome, code } }: Line) {
  return { entry: id, time, principal, outcome, ...(code !== undefined && { code }) };
}
