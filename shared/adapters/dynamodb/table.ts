import { randomBytes } from 'node:crypto';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { TableShape } from '#contract/tables.ts';
import type { DynamoCalls } from './calls.ts';
import { type Condition, expressed, type Question, questionInput, updated } from './expressions.ts';
import { itemOf, type Row, rowOf, textOf } from './rows.ts';

/** What became of a conditional write. */
export type Written =
  | { done: true }
  /** The condition did not hold. */
  | { done: false; doubtful: boolean };

/** What became of a conditional write that looked at what is there instead. */
export type Kept =
  | { done: true }
  /**
   * - `found`: what is there instead, read after the write was refused
   * - `doubtful`: an earlier request of this write may have been done, and what it wrote replaced since
   */
  | { done: false; found: Row | undefined; doubtful: boolean };

/** Most keys that one BatchGetItem takes (API reference). */
const mostKeys = 100;

/** One table: what the adapters ask of it, in rows of plain values. Its errors are those of `StoreCalls`. */
export class Table {
  readonly #calls: DynamoCalls;
  readonly #name: string;
  readonly #shape: TableShape;

  /** @param name of the table, as the account has it */
  constructor(calls: DynamoCalls, name: string, shape: TableShape) {
    this.#calls = calls;
    this.#name = name;
    this.#shape = shape;
  }

  /**
   * Writes a row if the condition holds for what is there now.
   * @throws StoreError `record-too-large`, `store-unavailable`, `store-misconfigured`
   */
  async put(row: Row, condition: Condition): Promise<Written> {
    const input = { TableName: this.#name, Item: itemOf(row), ...expressed(condition) };
    return await this.#calls.call<Written>(
      async (client, request) => {
        await client.send(new PutItemCommand(input), request);
        return { done: true };
      },
      { answers: { ConditionalCheckFailedException: (doubtful) => ({ done: false, doubtful }) } },
    );
  }

  /**
   * Writes a row if the condition holds, and knows its own write again: a request that took effect while its answer was
   * lost makes its own repetition fail the condition. The attribute `write` tells one write from every other.
   */
  async putOwn(row: Row, condition: Condition): Promise<Kept> {
    const write = randomBytes(16).toString('base64url');
    const written = await this.put({ ...row, write }, condition);
    if (written.done) return written;
    const { partitionKey, sortKey } = this.#shape;
    const found = await this.get(textOf(row, partitionKey), textOf(row, sortKey));
    return found?.['write'] === write ? { done: true } : { done: false, found, doubtful: written.doubtful };
  }

  /** Gives attributes to a row that is there, or new values, if the condition holds; leaves its others as they are. */
  async set(partition: string, sort: string, attributes: Row, condition: Condition): Promise<Written> {
    const command = {
      TableName: this.#name,
      Key: this.#key(partition, sort),
      ...updated(attributes, condition),
    };
    return await this.#calls.call<Written>(
      async (client, request) => {
        await client.send(new UpdateItemCommand(command), request);
        return { done: true };
      },
      { answers: { ConditionalCheckFailedException: (doubtful) => ({ done: false, doubtful }) } },
    );
  }

  /**
   * The row as last written.
   * @param attributes which of its attributes; all if not given
   */
  async get(partition: string, sort: string, attributes?: readonly string[]): Promise<Row | undefined> {
    const input = { TableName: this.#name, Key: this.#key(partition, sort), ConsistentRead: true };
    const command = { ...input, ...projected(attributes) };
    const { Item: item } = await this.#calls.call((client, request) =>
      client.send(new GetItemCommand(command), request),
    );
    return item === undefined ? undefined : rowOf(item);
  }

  /**
   * The rows of one partition with these sort keys, as last written, in no order; those that are not there are left out.
   * @param attributes which of their attributes; all if not given
   */
  async getMany(partition: string, sorts: readonly string[], attributes?: readonly string[]): Promise<Row[]> {
    const each = [...new Set(sorts)];
    const batches = Array.from({ length: Math.ceil(each.length / mostKeys) }, (_, index) =>
      this.#batch(partition, each.slice(index * mostKeys, (index + 1) * mostKeys), attributes),
    );
    return (await Promise.all(batches)).flat();
  }

  /** Removes a row; nothing there is success, and so is another there than the condition says, which stays. */
  async remove(partition: string, sort: string, condition?: Condition): Promise<void> {
    const conditional = condition === undefined ? {} : expressed(condition);
    const input = { TableName: this.#name, Key: this.#key(partition, sort), ...conditional };
    await this.#calls.call<unknown>((client, request) => client.send(new DeleteItemCommand(input), request), {
      answers: { ConditionalCheckFailedException: () => undefined },
    });
  }

  /** The rows that answer a question, in the order of their sort keys, read as they are taken. */
  async *rows(question: Question): AsyncGenerator<Row> {
    for await (const { Items: items = [] } of this.#pages(questionInput(this.#name, this.#shape, question))) {
      for (const item of items) yield rowOf(item);
    }
  }

  /** How many rows answer a question; what it costs goes by their number. */
  async count(question: Question): Promise<number> {
    const input = questionInput(this.#name, this.#shape, question);
    let count = 0;
    for await (const page of this.#pages({ ...input, Select: 'COUNT' })) count += page.Count ?? 0;
    return count;
  }

  /** A page ends at its limit or at 1 MB, whichever comes first (API reference, Query). */
  async *#pages(input: QueryCommandInput) {
    let from: QueryCommandInput['ExclusiveStartKey'];
    do {
      const command = from === undefined ? input : { ...input, ExclusiveStartKey: from };
      const page = await this.#calls.call((client, request) =>
        client.send(new QueryCommand(command), request),
      );
      yield page;
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  }

  async #batch(partition: string, sorts: readonly string[], attributes?: readonly string[]): Promise<Row[]> {
    const found: Row[] = [];
    let left = sorts.map((sort) => this.#key(partition, sort));
    await this.#calls.call(async (client, request) => {
      const asked = { Keys: left, ConsistentRead: true, ...projected(attributes) };
      const command = new BatchGetItemCommand({ RequestItems: { [this.#name]: asked } });
      const { Responses: responses, UnprocessedKeys: unprocessed } = await client.send(command, request);
      found.push(...(responses?.[this.#name] ?? []).map(rowOf));
      left = unprocessed?.[this.#name]?.Keys ?? [];
      // As throttling is: what was left out is asked for again after a while.
      if (left.length > 0) throw new KeysLeftOut();
    });
    return found;
  }

  #key(partition: string, sort: string) {
    return itemOf({ [this.#shape.partitionKey]: partition, [this.#shape.sortKey]: sort });
  }
}

class KeysLeftOut extends Error {
  override readonly name = 'ProvisionedThroughputExceededException';
}

function projected(attributes: readonly string[] | undefined) {
  if (attributes === undefined) return {};
  return expressed({ projection: attributes });
}
