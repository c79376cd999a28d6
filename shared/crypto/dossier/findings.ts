import type { Dossier } from './content.ts';

/** What can be wrong with a dossier that can be read. Each name has its meaning in docs/dossier.md. */
export type DossierFindingName =
  | 'signature'
  | 'altered'
  | 'receipt-invalid'
  | 'receipt-of-other'
  | 'receipt-missing'
  | 'checkpoint-invalid'
  | 'checkpoint-of-other'
  | 'entry-unreadable'
  | 'entry-of-other'
  | 'entry-not-proved'
  | 'entries-disordered'
  | 'key-differs'
  | 'policy-differs'
  | 'policy-missing'
  | 'contradiction'
  | 'fork'
  | 'anchor-invalid'
  | 'ledger-not-whole'
  | 'entry-missing'
  | 'entry-not-in-ledger';

/** What is worth knowing, and breaks nothing. */
export type DossierRemarkName =
  | 'not-sealed'
  | 'incomplete'
  | 'sealing-behind'
  | 'receipt-not-stored'
  | 'policy-not-there'
  | 'keys-differ'
  | 'no-anchor'
  | 'continuity-not-shown'
  | 'completeness-not-shown'
  | 'recorded-since';

/** Something about a dossier, and why; in plain words that quote nothing of it but what `about` names. */
export interface DossierNote<N extends string> {
  name: N;
  /** Which part it is about: the id of a receipt or of a backup, or the place of an entry. Not fit for a terminal as it is. */
  about?: string;
  why: string;
}

export type DossierFinding = DossierNote<DossierFindingName>;
export type DossierRemark = DossierNote<DossierRemarkName>;

/** What is found as a dossier is gone through. */
export class DossierNotes {
  readonly findings: DossierFinding[] = [];
  readonly remarks: DossierRemark[] = [];

  found(name: DossierFindingName, why: string, about?: string): void {
    this.findings.push({ name, ...(about !== undefined && { about }), why });
  }

  remark(name: DossierRemarkName, why: string, about?: string): void {
    this.remarks.push({ name, ...(about !== undefined && { about }), why });
  }
}

/** Whose dossier it is. */
export type Owner = Pick<Dossier, 'organization' | 'enrollmentId'>;

/** Whether something is of the enrollment that the dossier is of. */
export function isOf(
  owner: Owner,
  other: { organization: string; enrollmentId?: string | undefined },
): boolean {
  return other.organization === owner.organization && other.enrollmentId === owner.enrollmentId;
}
