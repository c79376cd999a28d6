import { type Anchor, AnchorCheck } from './anchors.ts';
import type { FindingName, NoteList } from './findings.ts';

/** Checkpoints to hold a ledger against. */
export interface Anchors {
  /** Those that were kept elsewhere, by the file that they came in: a witness may keep those of several organizations. */
  given: readonly (readonly Anchor[])[];
  /** The newest one, that the ledger brings along. */
  own: readonly Anchor[];
}

/** The one organization that all checkpoints of a file are of; files that were kept elsewhere count first. */
export function organizationOf({ given, own }: Anchors): string | undefined {
  return [...given, own]
    .map((anchors) => new Set(anchors.map(({ organization }) => organization)))
    .find(({ size }) => size === 1)
    ?.values()
    .next().value;
}

/**
 * The checks by those that are of one organization.
 * @param organization undefined where nothing says whose the ledger is: then they are all taken
 * @param found files of which none is of this organization go there
 */
export function checksOf(
  { given, own }: Anchors,
  organization: string | undefined,
  found: NoteList<FindingName>,
): { given: AnchorCheck; own: AnchorCheck } {
  const isOurs = (anchor: Anchor) => organization === undefined || anchor.organization === organization;
  for (const [first, ...more] of [...given, own]) {
    if (first === undefined || [first, ...more].some(isOurs)) continue;
    const why = 'this checkpoint is of the ledger of another organization';
    found.add('other-organization', { file: first.file, line: first.line }, why);
  }
  return { given: new AnchorCheck(given.flat().filter(isOurs)), own: new AnchorCheck(own.filter(isOurs)) };
}
