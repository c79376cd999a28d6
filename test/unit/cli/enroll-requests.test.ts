import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRequests, jsonLinesRequests, keyOf, type RequestBody } from '../../../cli/enroll/requests.ts';

const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
const eva = 'eva.lund,Eva,Lund,eva.lund@example.org,identity+encryption,ECC_NIST_P256,medium';
const bytes = (...lines: string[]) => new TextEncoder().encode(lines.join('\n'));

const body: RequestBody = {
  subscriber: { id: 'eva.lund', givenName: 'Eva', familyName: 'Lund', email: 'eva.lund@example.org' },
  purpose: 'identity',
  keySpec: 'ECC_NIST_P256',
  assurance: 'medium',
};

describe('a row of CSV', () => {
  it('is one request a purpose, under its own number', () => {
    const { requests, refused } = csvRequests(bytes(header, 'x', eva), '');
    expect(requests.map(({ row, body: { purpose } }) => [row, purpose])).toEqual([
      [3, 'identity'],
      [3, 'encryption'],
    ]);
    expect(requests[0]?.body).toEqual(body);
    expect(refused).toMatchObject([{ row: 2, field: '(row)' }]);
  });

  it('has the same key wherever it stands in the file, and another for anything else', () => {
    const first = csvRequests(bytes(header, eva), '').requests;
    const later = csvRequests(bytes(header, eva.replaceAll('eva', 'ada'), eva), '').requests;
    const keys = later.map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(4);
    expect(first.map(({ idempotencyKey }) => idempotencyKey)).toEqual(keys.slice(2));
    const round = csvRequests(bytes(header, eva), '2027-').requests;
    expect(round[0]?.idempotencyKey).toBe(`2027-${first[0]?.idempotencyKey}`);
  });
});

describe('a line of JSON', () => {
  it('is the request that a row of CSV would be', () => {
    const { requests } = jsonLinesRequests(bytes(JSON.stringify(body)), '');
    expect(requests).toEqual([{ row: 1, idempotencyKey: keyOf(body, ''), body }]);
  });

  it('may bring a key of its own', () => {
    const line = JSON.stringify({ ...body, idempotencyKey: 'mine' });
    expect(jsonLinesRequests(bytes(line), '2027-').requests).toMatchObject([
      { idempotencyKey: 'mine', body },
    ]);
  });

  it.each([
    ['nothing JSON', '(line)', 'is not JSON'],
    ['[]', 'subscriber', ''],
    ['null', '(whole)', 'is not an object'],
    [JSON.stringify({ ...body, purpose: 'signing' }), 'purpose', 'is not one of the known words'],
    [JSON.stringify({ ...body, keySpec: 'RSA_1024' }), 'keySpec', 'is too weak: RSA of 1024 bits'],
    [JSON.stringify({ ...body, keySpec: 'DSA' }), 'keySpec', 'is not a key spec that this service makes'],
    [JSON.stringify({ ...body, surprise: 1 }), 'surprise', 'is not a known field'],
    [JSON.stringify({ ...body, idempotencyKey: '' }), 'idempotencyKey', 'is empty'],
  ])('that is wrong is told with its row: %s', (line, field, why) => {
    const { requests, refused } = jsonLinesRequests(bytes(JSON.stringify(body), '', line), '');
    expect(requests).toHaveLength(1);
    expect(refused).toContainEqual({
      row: 3,
      field,
      why: expect.stringContaining(why),
      next: expect.any(String),
    });
  });

  it('never stops the others, and repeats no value', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.json(),
            fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', '')),
          ),
        ),
        (lines) => {
          const good = JSON.stringify(body);
          const { requests, refused } = jsonLinesRequests(bytes(...lines, good), '');
          const told = new Set([...requests, ...refused].map(({ row }) => row));
          const said = lines.filter((line) => line.trim() !== '').length + 1;
          return told.size === said && requests.some(({ row }) => row === lines.length + 1);
        },
      ),
    );
  });
});
