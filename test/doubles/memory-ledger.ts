import { beforeTheFirst, formatLine, lineSha256 } from '#crypto/ledger/line.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import type { KeptLine, LedgerLog, LedgerQuestion } from '#ports/ledger-log.ts';
import type { Page } from '#ports/registry.ts';
import { ManualClock } from './clock.ts';

/** A line, and what of it is looked for. */
interface Kept extends KeptLine {
  id: string;
  entry: LedgerEntry;
}

/** A ledger in memory, and the log of it. */
export class MemoryLedger implements Ledger, LedgerLog {
  readonly entries: LedgerEntry[] = [];
  readonly #clock: Clock;
  readonly #logs = new Map<string, Kept[]>();

  constructor(clock: Clock = new ManualClock()) {
    this.#clock = clock;
  }

  async record(given: LedgerEntry): Promise<string> {
    const entry = structuredClone(given);
    this.entries.push(entry);
    const log = this.#logOf(entry.organization);
    const previous = log.at(-1);
    const id = `led_${this.entries.length}`;
    const line = {
      sequence: log.length + 1,
      previousSha256: previous === undefined ? beforeTheFirst : lineSha256(previous.text),
      time: this.#clock.now().toISOString(),
      ...{ id, entry },
    };
    this.#logs.set(entry.organization, [
      ...log,
      { sequence: line.sequence, text: formatLine(line), id, entry: structuredClone(entry) },
    ]);
    return id;
  }

  async organizations(): Promise<string[]> {
    return [...this.#logs.keys()].sort();
  }

  async lines(organization: string, after: number, limit: number): Promise<KeptLine[]> {
    return this.#logOf(organization)
      .slice(after, after + limit)
      .map(lineOf);
  }

  async find({ organization, limit, after, ...wanted }: LedgerQuestion): Promise<Page<KeptLine>> {
    const found = this.#logOf(organization).filter((each) => each.sequence > after && answers(each, wanted));
    const items = found.slice(0, limit).map(lineOf);
    const last = items.at(-1);
    return {
      items,
      ...(found.length > limit && last !== undefined && { cursor: String(last.sequence) }),
    };
  }

  async locate(organization: string, entryId: string): Promise<KeptLine | undefined> {
    const found = this.#logOf(organization).find(({ id }) => id === entryId);
    return found === undefined ? undefined : lineOf(found);
  }

  #logOf(organization: string): Kept[] {
    return this.#logs.get(organization) ?? [];
  }
}

function answers(
  { entry }: Kept,
  { enrollments, principal, refused }: Pick<LedgerQuestion, 'enrollments' | 'principal' | 'refused'>,
): boolean {
  if (refused && entry.outcome !== 'refused') return false;
  if (enrollments === undefined && principal === undefined) return true;
  const isOfOne = entry.enrollmentId !== undefined && enrollments?.includes(entry.enrollmentId);
  return isOfOne === true || (principal !== undefined && entry.principal === principal);
}

function lineOf({ sequence, text }: Kept): KeptLine {
  return { sequence, text };
}
