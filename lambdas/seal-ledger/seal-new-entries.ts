import { asEscrowError, type EscrowError } from '#domain/errors.ts';

/** An entry that was recorded, as whatever follows the ledger tells it. */
export interface RecordedEntry {
  recordId: string;
  organization: string;
  /** Where it stands among the organization's entries: in the order of time, but for clocks that differ. */
  place: string;
}

export interface SealedEntries {
  /** How many segments were sealed. */
  segments: number;
  /** The first record that is to be handed out again, and why; with it all that follow. */
  again?: { recordId: string; error: EscrowError };
  /** Whose ledger is not the one that was sealed before: no repetition helps, and somebody must look at it. */
  changed: { organization: string; error: EscrowError }[];
}

/**
 * Seals the ledgers that entries were recorded in, each from its earliest entry on: what is sealed already is left alone, whoever
 * sealed it. A ledger that was changed keeps no other from being sealed. Never throws.
 * @param entries in the order in which they were handed out
 * @param seal seals what an organization has from a place on, and gives the checkpoints
 */
export async function sealNewEntries(
  entries: readonly RecordedEntry[],
  seal: (organization: string, earliest: string) => Promise<readonly string[]>,
): Promise<SealedEntries> {
  const sealed: SealedEntries = { segments: 0, changed: [] };
  // In the order of their first entries: what fails is handed out again from there.
  for (const [organization, its] of Map.groupBy(entries, (entry) => entry.organization)) {
    const [first] = its;
    if (first === undefined) continue;
    const earliest = its.reduce((one, { place }) => (place < one ? place : one), first.place);
    try {
      sealed.segments += (await seal(organization, earliest)).length;
    } catch (thrown) {
      const error = asEscrowError(thrown);
      if (isChanged(error)) sealed.changed.push({ organization, error });
      else sealed.again ??= { recordId: first.recordId, error };
    }
  }
  return sealed;
}

/** The codes that mean that the ledger, or a segment of it, is not as it was written. */
export function isChanged({ code }: EscrowError): boolean {
  return code === 'object-damaged' || code === 'object-missing';
}
