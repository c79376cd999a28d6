import fc from 'fast-check';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { newestCheckpointName, segmentPath, unsealedName } from '#crypto/ledger/folder.ts';
import { longestLine } from '#crypto/ledger/line.ts';
import { readLines } from '#crypto/ledger/read-lines.ts';
import { checkpointLine } from '#crypto/ledger/segment.ts';
import { verifyLedger } from '#crypto/ledger/verify-ledger.ts';
import { ProofError, StoreError } from '#domain/errors.ts';
import { bytesOf, folderOf, makeLedger, namesOf, signingService, verifyFiles } from '#test/support/ledger.ts';

const service = await signingService();
const genuine = await makeLedger(service, { segments: [3, 4, 2], unsealed: 2 });
const [first, second] = [segmentPath(1), segmentPath(2)];
const withSecond = (content: string | Uint8Array) =>
  new Map<string, string | Uint8Array>(genuine.files).set(second, content);
const text = genuine.files.get(second) ?? '';
const names = [...genuine.files.keys()];

/** A statement by the service's own key. @param type what kind it says that it is */
const statementOf = (type: string | undefined, payload: object) =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({
      alg: 'ES256',
      kid: service.signer.publicKey.kid,
      ...(type !== undefined && { typ: type }),
    })
    .sign(service.privateKey);

/** One chunk again and again, as of a file that is larger than memory. */
async function* endless(chunk: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < times; index += 1) yield chunk;
}

describe('files that nobody wrote', () => {
  it.each<[string, string | Uint8Array, string[]]>([
    ['empty', '', [`unreadable ${second}:1`]],
    ['newlines alone', '\n\n\n', [`unreadable ${second}:3`]],
    ['no newline', 'x', [`unreadable ${second}:1`]],
    ['converted to CR LF', text.replaceAll('\n', '\r\n'), [`unreadable ${second}:1`]],
    ['cut off at its end', text.slice(0, -1), [`unreadable ${second}:5`]],
    ['of UTF-16', Buffer.from(text, 'utf16le'), [`unreadable ${second}:6`]],
  ])('are named: %s', async (_name, content, found) => {
    const report = await verifyFiles(withSecond(content), service);
    expect(namesOf(report).slice(0, 1)).toEqual(found);
  });

  it('are gone through in any case, and never pass', async () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.string({ unit: 'binary', maxLength: 500 }).map((each) => Buffer.from(each)),
      fc.jsonValue({ maxDepth: 3 }).map((value) => Buffer.from(`${JSON.stringify(value)}\n`)),
      fc
        .array(fc.constantFrom(...genuine.lines, ...text.split('\n'), ''), { maxLength: 12 })
        .map((lines) => Buffer.from(lines.map((each) => `${each}\n`).join(''))),
    );
    await fc.assert(
      fc.asyncProperty(junk, async (content) => {
        fc.pre(!Buffer.from(text).equals(content));
        expect((await verifyFiles(withSecond(content), service)).ok).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('do not pass with lines put together in any other way', async () => {
    const lines = text.slice(0, -1).split('\n');
    const shuffled = fc
      .array(fc.nat(lines.length - 1), { maxLength: 8 })
      .map((order) => order.map((at) => lines[at]));
    await fc.assert(
      fc.asyncProperty(shuffled, async (chosen) => {
        fc.pre(chosen.join('\n') !== lines.join('\n'));
        const content = chosen.map((each) => `${each}\n`).join('');
        const report = await verifyFiles(withSecond(content), service);
        expect(report.ok).toBe(false);
        expect(report.findings.every(({ file }) => names.includes(file))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('with deep nesting are named as lines that were not recorded', async () => {
    const deep = `{"sequence":5,"entry":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    const lines = text.split('\n').toSpliced(1, 1, deep);
    expect(namesOf(await verifyFiles(withSecond(lines.join('\n')), service))).toEqual([
      `line-altered ${second}:2 #5`,
    ]);
  });

  it.each([second, unsealedName, newestCheckpointName])(
    'with a line that has no end are left at that, and named: %s',
    async (hostile) => {
      let asked = 0;
      const chunk = Buffer.alloc(1_048_576);
      async function* counted() {
        for await (const each of endless(chunk, 10_000)) {
          asked += 1;
          yield each;
        }
      }
      const folder = folderOf(genuine.files);
      const read = (name: string) => (name === hostile ? counted() : folder.read(name));
      const report = await verifyLedger({ ...folder, read }, service.jwks);
      expect(report.findings[0]).toMatchObject({ name: 'unreadable', file: hostile });
      expect(asked).toBeLessThan(20);
    },
  );

  it.each([second, unsealedName])('with junk that has no end are left at that: %s', async (hostile) => {
    let asked = 0;
    const folder = folderOf(genuine.files);
    const chunk = Buffer.from('x\n'.repeat(10_000));
    async function* counted() {
      for await (const each of endless(chunk, 1_000)) {
        asked += 1;
        yield each;
      }
    }
    const read = (name: string) => (name === hostile ? counted() : folder.read(name));
    const report = await verifyLedger({ ...folder, read }, service.jwks);
    expect(report.findings[0]?.file).toBe(hostile);
    expect(asked).toBeLessThan(20);
  });

  it('with a finding in each of many lines are told by a bounded list', async () => {
    const lines = text.trimEnd().split('\n');
    const many = [...lines.slice(0, -1), ...Array(5_000).fill('{}'), ...lines.slice(-1), ''].join('\n');
    const report = await verifyFiles(withSecond(many), service);
    expect(report.findings.length).toBe(1_000);
    expect(report.unlisted).toBe(4_000);
  });

  it('that are many copies of few lines take no more than their length', async () => {
    const [one = '', two = ''] = text.split('\n');
    const checkpoint = text.trimEnd().split('\n').at(-1) ?? '';
    const many = [...Array(20_000).fill(one), ...Array(20_000).fill(two), checkpoint, ''].join('\n');
    expect(namesOf(await verifyFiles(withSecond(many), service)).length).toBe(1_000);
  });

  it('that may not be read are named; what else goes wrong with them ends it', async () => {
    const folder = folderOf(genuine.files);
    const failing = (error: Error) => (name: string) => (name === second ? failed(error) : folder.read(name));
    const refused = new ProofError('ledger-unreadable', { why: 'it is a link' });
    const report = await verifyLedger({ ...folder, read: failing(refused) }, service.jwks);
    expect(report.findings[0]).toMatchObject({ name: 'unreadable', file: second, why: 'it is a link' });
    const unavailable = new StoreError('store-unavailable');
    await expect(verifyLedger({ ...folder, read: failing(unavailable) }, service.jwks)).rejects.toBe(
      unavailable,
    );
  });

  it('beside a ledger are remarked, and not read', async () => {
    const folder = { ...folderOf(genuine.files), strays: ['notes.txt'] };
    const { ok, remarks } = await verifyLedger(folder, service.jwks);
    expect(ok).toBe(true);
    expect(remarks[0]).toMatchObject({ name: 'stray-file', file: 'notes.txt' });
  });
});

// biome-ignore lint/correctness/useYield: it fails before it has anything to give.
async function* failed(error: Error): AsyncGenerator<Uint8Array> {
  throw error;
}

describe('checkpoints that nobody kept', () => {
  const [kept = ''] = genuine.checkpoints;

  it.each<[string, string, string[]]>([
    ['nothing', '', ['unreadable kept-1.jwt']],
    ['empty lines', '\n \r\n', ['unreadable kept-1.jwt']],
    ['text', 'hello', ['checkpoint-signature kept-1.jwt:1']],
    ['one that is cut off', `${kept}\n${kept.slice(0, -5)}`, ['checkpoint-signature kept-1.jwt:2']],
    ['a line longer than any', 'x'.repeat(1_000_000), ['checkpoint-signature kept-1.jwt:1']],
    ['NULs', '\0\0\0', ['checkpoint-signature kept-1.jwt:1']],
  ])('are named: %s', async (_name, content, found) => {
    expect(namesOf(await verifyFiles(genuine.files, service, [content]))).toEqual(found);
  });

  it.each([
    ['as a person may have saved it', `\r\n  ${kept} \r\n`],
    ['as a segment ends with it', `{"checkpoint":"${kept}"}\n`],
    ['among others', `${genuine.checkpoints.join('\n')}\n`],
  ])('are taken %s', async (_name, content) => {
    expect(await verifyFiles(genuine.files, service, [content])).toMatchObject({ ok: true });
  });

  it.each([
    ['with a blank for its newline', `${genuine.checkpoints[2]} `],
    ['twice', `${genuine.checkpoints[2]}\n${genuine.checkpoints[2]}\n`],
    ['empty', ''],
  ])('the newest one of the folder is taken as it was written alone: %s', async (_name, content) => {
    const files = new Map(genuine.files).set(newestCheckpointName, content);
    expect(namesOf(await verifyFiles(files, service))).toEqual([`unreadable ${newestCheckpointName}`]);
  });

  it('of another kind are named, though the service signed them', async () => {
    for (const type of ['escrow-receipt+jwt', 'escrow-dossier+jwt', 'JWT', undefined]) {
      const other = await statementOf(type, readCheckpoint(kept));
      expect(namesOf(await verifyFiles(genuine.files, service, [other]))).toEqual([
        'checkpoint-signature kept-1.jwt:1',
      ]);
      const newest = new Map(genuine.files).set(newestCheckpointName, `${other}\n`);
      expect(namesOf(await verifyFiles(newest, service))).toEqual([
        `checkpoint-signature ${newestCheckpointName}:1`,
      ]);
      const lines = [...text.trimEnd().split('\n').slice(0, -1), checkpointLine(other), ''];
      expect(namesOf(await verifyFiles(withSecond(lines.join('\n')), service))[0]).toBe(
        `checkpoint-signature ${second}:5`,
      );
    }
  });

  it('are taken with a byte order mark before the first of them, and none elsewhere', async () => {
    const [bom, other = ''] = ['\ufeff', genuine.checkpoints[1]];
    const report = await verifyFiles(genuine.files, service, [`${bom}${kept}\r\n${other}\r\n`]);
    expect(report).toMatchObject({ ok: true, anchors: { held: 2 } });
    expect(namesOf(await verifyFiles(genuine.files, service, [`${kept}\n${bom}${other}\n`]))).toEqual([
      'checkpoint-signature kept-1.jwt:2',
    ]);
    const marked = (name: string) => new Map(genuine.files).set(name, `${bom}${genuine.files.get(name)}`);
    for (const [name, found] of [
      [newestCheckpointName, `checkpoint-signature ${newestCheckpointName}:1`],
      [second, `line-altered ${second}:1 #4`],
      [unsealedName, `line-altered ${unsealedName}:1 #10`],
    ] as const) {
      expect(namesOf(await verifyFiles(marked(name), service))).toEqual([found]);
    }
  });

  it('of another organization are named', async () => {
    const other = await makeLedger(service, { segments: [3], organization: 'org-2' });
    const report = await verifyFiles(genuine.files, service, [kept, other.checkpoints[0] ?? '']);
    expect(namesOf(report)).toEqual(['other-organization kept-2.jwt:1']);
  });
});

describe('lines of a file', () => {
  it('are the same however the file comes in', async () => {
    const content = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 9 }), async (whole, size) => {
        const pieces = (whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((each) =>
          Buffer.from(each),
        );
        async function* chunks() {
          yield* pieces;
        }
        const lines: string[] = [];
        for await (const batch of readLines(chunks(), 5)) {
          for (const { bytes, isTooLong } of batch)
            lines.push(isTooLong ? 'long' : Buffer.from(bytes).toString());
        }
        const expected = whole.replace(/\n$/, '').split('\n');
        expect(lines).toEqual(whole === '' ? [] : expected.map((each) => (each.length > 5 ? 'long' : each)));
      }),
    );
  });

  it('are no longer than asked for', async () => {
    for await (const [line] of readLines(bytesOf('x'.repeat(longestLine + 1)), longestLine)) {
      expect(line).toMatchObject({ isTooLong: true, isEnded: false });
      expect(line?.bytes.length).toBe(longestLine);
    }
    expect(first).toBe('segments/000000001.jsonl');
  });
});
