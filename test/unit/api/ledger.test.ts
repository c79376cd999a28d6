import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointSha256, readCheckpoint, verifyCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { lineLeaf, parseLine } from '#crypto/ledger/line.ts';
import { verifyInclusion } from '#crypto/ledger/merkle.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { statementKeys } from '#steps/statement-keys.ts';
import { type ApiWorld, makeApiWorld, otherOrganization } from '#test/support/api.ts';
import { furnish, type Records } from '#test/support/api-requests.ts';
import { organization } from '#test/support/world.ts';

let api: ApiWorld;
let records: Records;
let dependencies: Dependencies;
/** Lines of another log than the one that was sealed, while it is set. */
let altered: ((text: string) => string) | undefined;

beforeAll(async () => {
  api = await makeApiWorld({
    change: (given) => {
      const lines: Dependencies['ledgerLog']['lines'] = async (...asked) => {
        const found = await given.ledgerLog.lines(...asked);
        return found.map((line) => ({ ...line, text: altered?.(line.text) ?? line.text }));
      };
      return { ...given, ledgerLog: { ...bound(given.ledgerLog), lines } };
    },
  });
  dependencies = api.world.dependencies;
  records = await furnish(api);
  await furnish(api, otherOrganization, 'bob');
});
afterAll(() => api.close());

function bound(log: Dependencies['ledgerLog']): Dependencies['ledgerLog'] {
  return {
    organizations: () => log.organizations(),
    lines: (...asked) => log.lines(...asked),
    find: (question) => log.find(question),
    locate: (...asked) => log.locate(...asked),
  };
}

async function get(target: string, role: 'auditor' | 'administrator' = 'auditor', of = organization) {
  return await api.call('GET', `/v1/ledger/${target}`, { token: await api.as(role, { organization: of }) });
}

const record = (requestId: string) =>
  dependencies.ledger.record({ action: 'a', organization, principal: 'p', outcome: 'done', requestId });

describe('segments and lines', () => {
  it('are listed by pages, and given byte for byte', async () => {
    await record('s-1');
    await sealLedger(dependencies, organization);
    const first = await get('segments?limit=1');
    expect(first.json['segments']).toEqual([{ segment: 1 }]);
    const rest = await get(`segments?cursor=${first.json['cursor']}`);
    expect(rest.json).toEqual({ segments: [{ segment: 2 }] });
    const segment = await get('segments/1');
    expect(segment.headers['content-type']).toBe('application/jsonl');
    expect(segment.bytes).toEqual(await dependencies.segments.get(organization, 1));
    expect((await get('segments/3')).status).toBe(404);
    expect((await get('segments/0')).status).toBe(404);
  });

  it('that are not sealed yet are given if no sequence is named', async () => {
    await sealLedger(dependencies, organization);
    expect((await get('lines')).json).toMatchObject({ lines: [], more: false });
    await record('u-1');
    await record('u-2');
    const { lines, after, more } = (await get('lines?limit=1')).json;
    expect([lines, more]).toEqual([[expect.stringContaining('"u-1"')], true]);
    const next = await get(`lines?after=${Number(after) + 1}`);
    expect(next.json['lines']).toEqual([expect.stringContaining('"u-2"')]);
    const all = await get('lines?after=0&limit=200');
    expect(Array.isArray(all.json['lines']) && all.json['lines'].length).toBe(Number(after) + 2);
  });
});

describe('the newest checkpoint', () => {
  it('is signed, and names the one before', async () => {
    const before = new TextDecoder().decode((await get('checkpoint')).bytes);
    await record('c-1');
    await sealLedger(dependencies, organization);
    const answer = await get('checkpoint', 'administrator');
    expect(answer.headers['content-type']).toBe('application/jose');
    const jws = new TextDecoder().decode(answer.bytes);
    const checkpoint = await verifyCheckpoint(jws, await statementKeys(dependencies));
    expect(checkpoint).toMatchObject({
      organization,
      previousCheckpointSha256: checkpointSha256(before),
    });
  });

  it('is not there before anything was sealed', async () => {
    const answer = await get('checkpoint', 'auditor', 'initech');
    expect([answer.status, answer.code]).toEqual([404, 'not-found']);
  });
});

describe('entries', () => {
  const requestIds = async (query: string) => {
    const { json } = await get(`entries?limit=200&${query}`);
    return Array.isArray(json['entries']) ? json['entries'] : [];
  };

  it('are found by enrollment, by subscriber and by whoever asked, and never another organization’s', async () => {
    const ofEnrollment = await requestIds(`enrollmentId=${records.ready}`);
    expect(ofEnrollment.map(({ action }) => action)).toEqual(['request-enrollment', 'set-password']);
    expect(ofEnrollment[1]).toMatchObject({
      receiptId: records.receipt,
      policy: { rules: expect.any(Array) },
    });
    expect(ofEnrollment[1]).not.toHaveProperty('organization');
    const ofSubscriber = await requestIds('subscriberId=ada');
    // What the person asked that names no enrollment is among them.
    const enrollments = new Set(ofSubscriber.flatMap(({ enrollmentId }) => enrollmentId ?? []));
    expect(enrollments).toEqual(new Set([records.ready, records.awaiting, records.spare]));
    const ofPrincipal = await requestIds('principal=ada');
    expect(new Set(ofPrincipal.map(({ principal }) => principal))).toEqual(new Set(['ada']));
    expect(await requestIds('subscriberId=bob')).toEqual([]);
  });

  it('that were refused are found alone, by pages', async () => {
    for (const id of ['led_a', 'led_b', 'led_c']) {
      const token = await api.as('subscriber', { subject: 'eve' });
      await api.call('GET', `/v1/ledger/entries/${id}/proof`, { token });
    }
    const target = 'entries?principal=eve&refused=true&limit=2';
    const first = await get(target);
    const second = await get(`${target}&cursor=${first.json['cursor']}`);
    expect(first.json['entries']).toHaveLength(2);
    expect(second.json).toEqual({ entries: [expect.objectContaining({ code: 'not-permitted' })] });
  });

  it.each([
    'enrollmentId=enr_a&principal=ada',
    'subscriberId=ada&principal=ada',
    'refused=false',
    'principal=',
    'cursor=none',
    'limit=0',
  ])('are not looked for by %s', async (query) => {
    expect((await get(`entries?${query}`)).code).toBe('invalid-input');
  });
});

describe('the proof of an entry', () => {
  it('leads from its line to the root of the newest checkpoint', async () => {
    const id = await record('p-1');
    await sealLedger(dependencies, organization);
    const { status, json } = await get(`entries/${id}/proof`);
    expect(status).toBe(200);
    const { line, checkpoint, path, sequence } = json;
    expect(parseLine(Buffer.from(String(line)))).toMatchObject({ id, sequence });
    const { treeSize, rootHash } = readCheckpoint(String(checkpoint));
    const proof = Array.isArray(path) ? path.map((node) => Buffer.from(node, 'hex')) : [];
    const root = Buffer.from(rootHash, 'hex');
    const leaf = lineLeaf(String(line));
    expect(verifyInclusion({ index: Number(sequence) - 1, size: treeSize, leaf, proof, root })).toBe(true);
  });

  it('comes once it is sealed', async () => {
    const id = await record('p-2');
    const early = await get(`entries/${id}/proof`);
    expect([early.status, early.code]).toEqual([409, 'wrong-state']);
    await sealLedger(dependencies, organization);
    expect((await get(`entries/${id}/proof`)).status).toBe(200);
  });

  it('is not given where a line is not the one that was sealed', async () => {
    altered = (text) => text.replace('"p-1"', '"p-0"');
    const answer = await get(`entries/${records.entry}/proof`);
    altered = undefined;
    expect([answer.status, answer.code]).toEqual([500, 'object-damaged']);
    expect((await get(`entries/${records.entry}/proof`)).status).toBe(200);
  });
});
