import { tables } from '#contract/tables.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { beforeTheFirst, lineSha256 } from '#crypto/ledger/line.ts';
import { readSegment } from '#crypto/ledger/segment.ts';
import { StoreError } from '#domain/errors.ts';
import type { SealedLedger } from '#domain/sealed-ledger.ts';
import type { KeptLine, LedgerLine, LedgerLog, LedgerQuestion } from '#ports/ledger-log.ts';
import type { Page, Registry } from '#ports/registry.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import type { DynamoCalls } from './calls.ts';
import { linkOf, partitionOf, placeIn } from './ledger-chain.ts';
import { inOrder, take } from './merge.ts';
import { numberOf, type Row, textOf } from './rows.ts';
import { afterAllPlaces } from './sealable-log.ts';
import { foundBy, lineAt, markOf, positionOf, sealedLine, segmentsOf } from './sealed-rows.ts';
import { Table } from './table.ts';

/** How much earlier than the last checkpoint an entry may be that is not sealed yet: its clock differs, or it came late. */
const lateMilliseconds = 15 * 60_000;
/** Rows that are looked up together. */
const rowsAtOnce = 100;

export interface DynamoLedgerLogParts {
  calls: DynamoCalls;
  /** The name of the table `ledger`. */
  table: string;
  registry: Pick<Registry, 'read' | 'organizations'>;
  segments: Pick<SegmentStore, 'get'>;
}

/**
 * Reads what `DynamoLedger` puts and `DynamoSealableLog` marks. Sealed lines are those of the segments; what is newer are
 * entries in the table, which have an order only as they are sealed: their lines are shown as they would be sealed now, and may
 * get another place. Found is by indexes that follow sealing moments later. Nothing is scanned.
 */
export class DynamoLedgerLog implements LedgerLog {
  readonly #table: Table;
  readonly #registry: DynamoLedgerLogParts['registry'];
  readonly #segments: Pick<SegmentStore, 'get'>;
  /** The segment that was read last, which never changes: who reads some lines of it often reads the next ones. */
  #last: { organization: string; segment: number; lines: readonly KeptLine[] } | undefined;

  constructor({ calls, table, registry, segments }: DynamoLedgerLogParts) {
    this.#table = new Table(calls, table, tables.ledger);
    this.#registry = registry;
    this.#segments = segments;
  }

  /** Everyone who may have a ledger: to tell who has one, every entry would have to be read. */
  async organizations(): Promise<string[]> {
    return ['', ...(await this.#registry.organizations())];
  }

  async lines(organization: string, after: number, limit: number): Promise<KeptLine[]> {
    const sealed = await this.#sealed(organization);
    const size = sealed?.treeSize ?? 0;
    const found: KeptLine[] = [];
    for (let next = after; next < size && found.length < limit; ) {
      const lines = await this.#linesOfSegmentAfter(organization, next);
      const some = lines.filter(({ sequence }) => sequence > next && sequence <= size);
      found.push(...some.slice(0, limit - found.length));
      next = some.at(-1)?.sequence ?? size;
    }
    if (found.length === limit) return found;
    const newer = await this.#unsealed(organization, sealed, { most: after + limit - size });
    return [...found, ...newer.filter(({ sequence }) => sequence > after).slice(0, limit - found.length)];
  }

  /** As the port says; an entry that was sealed a moment ago may be missing. */
  async find(question: LedgerQuestion): Promise<Page<KeptLine>> {
    const { organization, after, limit } = question;
    // One more than asked for tells whether there is a further page.
    const found = isAll(question)
      ? await this.lines(organization, after, limit + 1)
      : await this.#matching(question, limit + 1);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, ...(found.length > limit && last && { cursor: String(last.sequence) }) };
  }

  async locate(organization: string, entryId: string): Promise<KeptLine | undefined> {
    const place = placeIn(organization, entryId);
    if (place === undefined) return undefined;
    const row = await this.#table.get(partitionOf(organization), place);
    if (row === undefined) return undefined;
    if (markOf(row) !== undefined) return sealedLine(row);
    const sealed = await this.#sealed(organization);
    const newer = await this.#unsealed(organization, sealed, { earliest: place });
    return newer.find(({ text }) => parse(text).id === entryId);
  }

  #sealed(organization: string): Promise<SealedLedger | undefined> {
    return this.#registry.read('ledger', organization, 'ledger');
  }

  async #matching(question: LedgerQuestion, most: number): Promise<KeptLine[]> {
    const { organization, after } = question;
    // Read before the indexes: what is sealed meanwhile is then among what is newer, or was there before.
    const sealed = await this.#sealed(organization);
    const newer = await this.#unsealed(organization, sealed, {});
    const found = await take(this.#sealedMatching(question), most);
    const known = new Set(found.map(({ sequence }) => sequence));
    const more = newer.filter(
      (line) => line.sequence > after && !known.has(line.sequence) && answers(question, parse(line.text)),
    );
    return [...found, ...more].slice(0, most);
  }

  /** Sealed lines that answer a question, in their order. */
  async *#sealedMatching(question: LedgerQuestion): AsyncGenerator<KeptLine> {
    const entries = inOrder(this.#indexes(question));
    for (;;) {
      const some = await take(entries, rowsAtOnce);
      const records = some.map((entry) => entry.slice(entry.indexOf(' ') + 1));
      const rows = await this.#table.getMany(partitionOf(question.organization), records);
      const lines = rows.map(sealedLine).sort((one, other) => one.sequence - other.sequence);
      yield* lines.filter(({ text }) => answers(question, parse(text)));
      if (some.length < rowsAtOnce) return;
    }
  }

  /** Ranges of the indexes that hold all that may answer: what was refused is rarer than what somebody asked. */
  #indexes({ organization, enrollments = [], principal, refused, after }: LedgerQuestion) {
    const range = (index: keyof typeof tables.ledger.indexes, partition: string) =>
      this.#entries(index, partition, after);
    if (refused === true) return [range('by-refusal', foundBy.refusal(organization))];
    return [
      ...enrollments.map((id) => range('by-enrollment', foundBy.enrollment(organization, id))),
      ...(principal === undefined ? [] : [range('by-principal', foundBy.principal(organization, principal))]),
    ];
  }

  /** @returns of each the position and the place, with a space between */
  async *#entries(index: string, partition: string, after: number): AsyncGenerator<string> {
    const question = { index, partition, sort: { after: positionOf(after) } };
    for await (const row of this.#table.rows(question)) {
      yield `${textOf(row, 'position')} ${textOf(row, 'record')}`;
    }
  }

  /** The lines of the segment that holds the line after a sequence. */
  async #linesOfSegmentAfter(organization: string, after: number): Promise<readonly KeptLine[]> {
    const question = {
      partition: segmentsOf(organization),
      sort: { after: positionOf(after) },
      pageSize: 1,
    };
    const { value: row } = await this.#table.rows(question).next();
    if (row === undefined) throw missing();
    const segment = numberOf(row, 'segment');
    if (this.#last?.organization === organization && this.#last.segment === segment) return this.#last.lines;
    const bytes = await this.#segments.get(organization, segment);
    if (bytes === undefined) throw missing();
    const lines = linesIn(bytes);
    this.#last = { organization, segment, lines };
    return lines;
  }

  /**
   * The lines of what the newest checkpoint does not cover, as they would be sealed now.
   * @param earliest a place that is looked at in any case
   * @param most as many as are needed
   */
  async #unsealed(
    organization: string,
    sealed: SealedLedger | undefined,
    { earliest, most = Number.POSITIVE_INFINITY }: { earliest?: string; most?: number },
  ): Promise<KeptLine[]> {
    const rows = await take(this.#unsealedRows(organization, sealed, earliest), most);
    // What is being sealed has its place already.
    const marked = rows.flatMap((row) => (markOf(row) === undefined ? [] : [sealedLine(row)]));
    const lines = marked.sort((one, other) => one.sequence - other.sequence);
    const last = lines.at(-1);
    let sequence = last?.sequence ?? sealed?.treeSize ?? 0;
    let previousSha256 =
      last === undefined ? (sealed?.lastLineSha256 ?? beforeTheFirst) : lineSha256(last.text);
    for (const row of rows.filter((each) => markOf(each) === undefined)) {
      sequence += 1;
      const line = lineAt(linkOf(row), { sequence, previousSha256 });
      previousSha256 = lineSha256(line.text);
      lines.push(line);
    }
    return lines;
  }

  #unsealedRows(
    organization: string,
    sealed: SealedLedger | undefined,
    earliest = afterAllPlaces,
  ): AsyncGenerator<Row> {
    const usual = sealed === undefined ? '0' : timeBefore(sealed.checkpoint);
    const sort = { from: earliest < usual ? earliest : usual, to: afterAllPlaces };
    const expression = 'attribute_not_exists(#sealedIn) OR #sealedIn > :segment';
    const filter = { expression, values: { segment: sealed?.version ?? 0 } };
    return this.#table.rows({ partition: partitionOf(organization), sort, filter });
  }
}

function timeBefore(checkpoint: string): string {
  return new Date(Date.parse(readCheckpoint(checkpoint).time) - lateMilliseconds).toISOString();
}

/** The lines of a segment, each with its sequence. */
function linesIn(bytes: Uint8Array): readonly KeptLine[] {
  try {
    return readSegment(bytes).lines.map((text) => ({ sequence: parse(text).sequence, text }));
  } catch (cause) {
    throw new StoreError('object-damaged', { cause });
  }
}

function isAll({ enrollments, principal, refused }: LedgerQuestion): boolean {
  return enrollments === undefined && principal === undefined && refused !== true;
}

function answers(
  { enrollments, principal, refused }: LedgerQuestion,
  { entry: { enrollmentId, outcome, principal: asker } }: LedgerLine,
): boolean {
  if (refused === true && outcome !== 'refused') return false;
  if (enrollments === undefined && principal === undefined) return true;
  const isOfEnrollment = enrollmentId !== undefined && enrollments?.includes(enrollmentId) === true;
  return isOfEnrollment || (principal !== undefined && asker === principal);
}

function parse(text: string): LedgerLine {
  return JSON.parse(text);
}

function missing(): StoreError {
  return new StoreError('object-missing', {
    why: 'A segment of the ledger is gone, or what tells which it is.',
    next: 'Tell the operator: put it back from a copy.',
  });
}
