import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoLedgerHashes } from '#adapters/dynamodb/ledger-hashes.ts';
import { positionOf, segmentsOf } from '#adapters/dynamodb/sealed-rows.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { pieceAttributes } from '#adapters/dynamodb/tree-rows.ts';
import { tables as shapes } from '#contract/tables.ts';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { Frontier, merkleRoot } from '#crypto/ledger/merkle.ts';
import { treePieces } from '#crypto/ledger/tree-pieces.ts';
import { type DynamoDouble, startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';

const lines = Array.from({ length: 4_200 }, (_, index) => `line ${index + 1}`);
const leaves = lines.map((text) => lineLeaf(text));
const hex = (some: readonly (Uint8Array | undefined)[] | undefined) =>
  some?.map((hash) => hash && Buffer.from(hash).toString('hex'));
let dynamo: DynamoDouble;
let table: Table;
let hashes: DynamoLedgerHashes;

/** Keeps what sealing keeps. @param sizes how many lines each segment has */
async function keep(organization: string, sizes: readonly number[]): Promise<void> {
  const frontier = new Frontier();
  for (const [index, size] of sizes.entries()) {
    const own = lines.slice(frontier.size, frontier.size + size);
    for (const piece of treePieces(frontier.size, frontier.nodes(), own)) {
      const row = { organization: segmentsOf(organization), ...pieceAttributes(index + 1, piece) };
      await table.put(row, { expression: 'attribute_not_exists(#record)' });
    }
    for (const text of own) frontier.append(lineLeaf(text));
  }
}

beforeAll(async () => {
  dynamo = await startDynamoDouble();
  Object.assign(process.env, dynamo.environment);
  table = new Table(openDynamoDb(), dynamo.tables.ledger, shapes.ledger);
  hashes = new DynamoLedgerHashes(openDynamoDb(), dynamo.tables.ledger);
  await keep('acme', [1, 2, 1_000, 50, 2_900, 3, 244]);
});
afterAll(() => dynamo.close());

describe('hashes of a tree in Amazon DynamoDB', () => {
  it.each([
    [0, 1],
    [0, 1_024],
    [2, 3],
    [1_003, 1_024],
    [1_024, 1_053],
    [1_024, 2_048],
    [3_956, 4_096],
    [4_096, 4_200],
  ])('are those of the leaves %i to %i', async (start, end) => {
    expect(hex(await hashes.leaves('acme', start, end))).toEqual(hex(leaves.slice(start, end)));
  });

  it('are not told where they are not kept, all or in part', async () => {
    expect(await hashes.leaves('acme', 4_096, 4_201)).toBeUndefined();
    expect(await hashes.leaves('nobody', 0, 1)).toBeUndefined();
    // A segment of before has one row with its number, and nothing else.
    await table.put(
      { organization: segmentsOf('old'), record: positionOf(10), segment: 1 },
      { expression: 'attribute_not_exists(#record)' },
    );
    expect(await hashes.leaves('old', 0, 10)).toBeUndefined();
    expect(await hashes.roots('old', [{ end: 1_024, height: 10 }])).toEqual([undefined]);
  });

  it('are those of the roots of whole subtrees, of which lower ones are not kept', async () => {
    const asked = [
      { end: 1_024, height: 10 },
      { end: 4_096, height: 12 },
      { end: 4_096, height: 11 },
      { end: 4_096, height: 9 },
      { end: 5_120, height: 10 },
      { end: 2_048, height: 12 },
    ];
    const kept = [merkleRoot(leaves.slice(0, 1_024)), merkleRoot(leaves.slice(0, 4_096))];
    const half = merkleRoot(leaves.slice(2_048, 4_096));
    expect(hex(await hashes.roots('acme', asked))).toEqual(
      hex([...kept, half, undefined, undefined, undefined]),
    );
  });
});
