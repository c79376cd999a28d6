import type { LedgerLine } from '../ledger/line.ts';
import type { DossierDecision, DossierEntry, DossierExport, DossierPasswordSet } from './content.ts';

type Line = Pick<LedgerLine<DossierEntry>, 'id' | 'time' | 'entry'>;

/** The action under which copies are recorded. */
const exporting = 'export-copy';
/** The actions under which passwords are. */
const settingPasswords = ['set-password', 'change-password'];

/** Each time policy was asked, as the entries of an enrollment have it. */
export function decisionsIn(lines: readonly Line[]): DossierDecision[] {
  return lines.flatMap((line) => {
    const { action, policy } = line.entry;
    return policy === undefined ? [] : [{ ...actIn(line), action, policy }];
  });
}

/** Copies that were taken, refused or failed, as the entries of an enrollment have it. */
export function exportsIn(lines: readonly Line[]): DossierExport[] {
  const endOf = endsIn(lines);
  return lines
    .filter(({ entry }) => entry.action === exporting)
    .map((line) => {
      const { profile, policy } = line.entry;
      return {
        ...actIn(line),
        ...(profile !== undefined && { profile }),
        ...(policy !== undefined && { policy }),
        ...endOf(line),
      };
    });
}

/** Passwords that were set or changed, refused or failed, as the entries of an enrollment have it. */
export function passwordsIn(lines: readonly Line[]): DossierPasswordSet[] {
  const endOf = endsIn(lines);
  return lines
    .filter(({ entry }) => settingPasswords.includes(entry.action))
    .map((line) => ({ ...actIn(line), action: line.entry.action, ...endOf(line) }));
}

/** What tells of each entry what came of it: its receipt, and the entry that takes it back. */
function endsIn(lines: readonly Line[]) {
  const takenBack = new Map(lines.map(({ id, entry }) => [entry.takesBack, id]));
  return ({ id, entry: { receiptId } }: Line) => {
    const takenBackBy = takenBack.get(id);
    return {
      ...(receiptId !== undefined && { receiptId }),
      ...(takenBackBy !== undefined && { takenBackBy }),
    };
  };
}

function actIn({ id, time, entry: { principal, outcome, code } }: Line) {
  return { entry: id, time, principal, outcome, ...(code !== undefined && { code }) };
}
