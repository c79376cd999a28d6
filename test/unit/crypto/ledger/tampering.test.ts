import { describe, expect, it } from 'vitest';
import { readCheckpoint, signCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { newestCheckpointName, segmentPath, unsealedName } from '#crypto/ledger/folder.ts';
import { checkpointLine } from '#crypto/ledger/segment.ts';
import { type MadeLedger, makeLedger, namesOf, signingService, verifyFiles } from '#test/support/ledger.ts';

const service = await signingService();
const stranger = await signingService();
const plan = { segments: [3, 5, 4, 2] };
const genuine = await makeLedger(service, plan);
const otherOrganization = await makeLedger(service, { ...plan, organization: 'org-2' });
/** Everything written anew and signed anew by whoever holds all keys: line 2 says something else. */
const rewritten = await makeLedger(service, {
  ...plan,
  entry: entryOf((sequence) => sequence === 2),
});
/** The same history as the genuine one up to line 8, and then another. */
const forked = await makeLedger(service, {
  ...plan,
  entry: entryOf((sequence) => sequence > 8),
});

const first = segmentPath(1);
const second = segmentPath(2);
const third = segmentPath(3);
const fourth = segmentPath(4);

/** Entries as those of the genuine ledger, but for some. */
function entryOf(isOther: (sequence: number) => boolean): (sequence: number) => object {
  return (sequence) => ({
    principal: isOther(sequence) ? 'nobody' : `person-${sequence}`,
    outcome: 'done',
    enrollmentId: `enr_${sequence}`,
  });
}

type Edit = (lines: string[]) => string[];

/** A ledger with the lines of one file changed; the checkpoint is the last of them. */
function edited({ files }: MadeLedger, name: string, edit: Edit): Map<string, string> {
  const lines = fileOf({ files }, name);
  return new Map([
    ...files,
    [
      name,
      edit(lines)
        .map((line) => `${line}\n`)
        .join(''),
    ],
  ]);
}

function fileOf({ files }: Pick<MadeLedger, 'files'>, name: string): string[] {
  return (files.get(name) ?? '').slice(0, -1).split('\n');
}

function without({ files }: MadeLedger, ...names: string[]): Map<string, string> {
  return new Map([...files].filter(([name]) => !names.includes(name)));
}

function withFile({ files }: MadeLedger, name: string, content: string | undefined): Map<string, string> {
  return new Map([...files, [name, content ?? '']]);
}

/** Without the newest checkpoint, which a thief of the last lines would take along. */
const cutTo = (ledger: MadeLedger, count: number) =>
  new Map([
    ...[...ledger.files].filter(([name]) => name <= segmentPath(count)),
    [newestCheckpointName, `${ledger.checkpoints[count - 1]}\n`] as const,
  ]);

const replaced =
  (number: number, change: (line: string) => string): Edit =>
  (lines) =>
    lines.map((line, index) => (index === number - 1 ? change(line) : line));
const anotherPerson = (line: string) => line.replace(/person-\d+/, 'nobody');

describe('a genuine ledger', () => {
  it('is whole', async () => {
    const report = await verifyFiles(genuine.files, service, genuine.checkpoints);
    expect(report).toMatchObject({
      ok: true,
      organization: 'org-1',
      segments: 4,
      treeSize: 14,
      unsealed: 0,
      newest: { segment: 4, treeSize: 14 },
      anchors: { given: 4, held: 4, heldUpTo: 14 },
      findings: [],
      remarks: [],
    });
  });

  it('is whole beside lines that are not sealed yet, and says that those are not covered', async () => {
    const ledger = await makeLedger(service, { segments: [3, 2], unsealed: 2 });
    const report = await verifyFiles(ledger.files, service, [ledger.checkpoints[0] ?? '']);
    expect(report).toMatchObject({ ok: true, treeSize: 5, unsealed: 2, anchors: { held: 1, heldUpTo: 3 } });
    expect(report.remarks).toEqual([
      expect.objectContaining({ name: 'not-covered', file: unsealedName, sequence: 6, lastSequence: 7 }),
    ]);
  });

  it('is whole where a checkpoint that was kept covers what was not sealed when it was exported', async () => {
    const early = await makeLedger(service, { segments: [3], unsealed: 3 });
    const later = await makeLedger(service, { segments: [3, 3] });
    const report = await verifyFiles(early.files, service, [later.checkpoints[1] ?? '']);
    expect(report).toMatchObject({ ok: true, remarks: [], anchors: { held: 1, heldUpTo: 6 } });
  });

  it('is whole under keys of which some were retired', async () => {
    const keys = { ...service, jwks: { keys: [...stranger.jwks.keys, ...service.jwks.keys] } };
    expect(await verifyFiles(genuine.files, keys)).toMatchObject({ ok: true });
  });

  it('is whole without its newest checkpoint beside it, and with a witness that kept those of all organizations', async () => {
    const witness = otherOrganization.checkpoints
      .flatMap((jws, index) => [jws, genuine.checkpoints[index]])
      .join('\n');
    const report = await verifyFiles(without(genuine, newestCheckpointName), service, [witness]);
    expect(report).toMatchObject({ ok: true, organization: 'org-1', anchors: { given: 8, held: 4 } });
  });
});

describe('by whoever has no key: lines', () => {
  const cases: Readonly<Record<string, [file: string, edit: Edit, found: string[]]>> = {
    'altered, in the middle of a segment': [
      second,
      replaced(3, anotherPerson),
      [`line-altered ${second}:3 #6`],
    ],
    'altered, the first of the ledger': [first, replaced(1, anotherPerson), [`line-altered ${first}:1 #1`]],
    'altered, the first of a segment': [second, replaced(1, anotherPerson), [`line-altered ${second}:1 #4`]],
    'altered, the last of a segment': [second, replaced(5, anotherPerson), [`line-altered ${second}:5 #8`]],
    'altered, the last of the ledger': [fourth, replaced(2, anotherPerson), [`line-altered ${fourth}:2 #14`]],
    'altered, in its link': [
      second,
      replaced(3, (line) => line.replace(/"previousSha256":"..../, '"previousSha256":"0000')),
      [`line-altered ${second}:3 #6`],
    ],
    'altered, in its sequence': [
      second,
      replaced(3, (line) => line.replace('"sequence":6', '"sequence":60')),
      [`line-altered ${second}:3 #6`],
    ],
    'altered, to what is no line': [second, replaced(3, () => 'gone'), [`line-altered ${second}:3 #6`]],
    'altered, two of them': [
      second,
      (lines) => replaced(2, anotherPerson)(replaced(4, anotherPerson)(lines)),
      [`line-altered ${second}:2 #5`, `line-altered ${second}:4 #7`],
    ],
    'respelled, with the same meaning': [
      second,
      replaced(3, (line) => line.replace('{"sequence":6,', '{ "sequence":6,')),
      [`line-altered ${second}:3 #6`],
    ],
    'joined, two into one': [
      second,
      (lines) => [...lines.slice(0, 1), lines.slice(1, 3).join(' '), ...lines.slice(3)],
      [`line-altered ${second}:2 #5-6`],
    ],
    'removed, one': [second, (lines) => lines.toSpliced(2, 1), [`line-missing ${second}:3 #6`]],
    'removed, the first of a segment': [
      second,
      (lines) => lines.toSpliced(0, 1),
      [`line-missing ${second}:1 #4`],
    ],
    'removed, the last of a segment': [
      second,
      (lines) => lines.toSpliced(4, 1),
      [`line-missing ${second}:5 #8`],
    ],
    'removed, several': [second, (lines) => lines.toSpliced(1, 3), [`line-missing ${second}:2 #5-7`]],
    'removed, at two places': [
      second,
      (lines) => lines.toSpliced(3, 1).toSpliced(1, 1),
      [`line-missing ${second}:2 #5`, `line-missing ${second}:3 #7`],
    ],
    'removed, all of a segment': [second, (lines) => lines.slice(-1), [`segment-altered ${second}:1`]],
    'duplicated, next to each other': [
      second,
      (lines) => lines.toSpliced(2, 0, lines[1] ?? ''),
      [`line-duplicated ${second}:2 #5`],
    ],
    'duplicated, elsewhere': [
      second,
      (lines) => lines.toSpliced(4, 0, lines[0] ?? ''),
      [`line-duplicated ${second}:5 #4`],
    ],
    'duplicated in number, with other content': [
      second,
      (lines) => lines.toSpliced(2, 0, anotherPerson(lines[1] ?? '')),
      [`line-duplicated ${second}:3 #5`],
    ],
    'slipped in, from elsewhere': [
      second,
      (lines) => lines.toSpliced(2, 0, genuine.lines[12] ?? ''),
      [`line-inserted ${second}:3`],
    ],
    'slipped in, of no form': [second, (lines) => lines.toSpliced(2, 0, '{}'), [`line-inserted ${second}:3`]],
    'reordered, two of them': [
      second,
      (lines) => [lines[0], lines[2], lines[1], ...lines.slice(3)].map(String),
      [`lines-reordered ${second}:2 #6`],
    ],
    'reordered, all of a segment': [
      second,
      (lines) => [...lines.slice(0, -1).reverse(), ...lines.slice(-1)],
      [`lines-reordered ${second}:4 #5`],
    ],
  };

  it.each(Object.entries(cases))('%s', async (_name, [file, edit, found]) => {
    expect(namesOf(await verifyFiles(edited(genuine, file, edit), service))).toEqual(found);
  });

  it('altered, with all that follow in the segment linked anew: the first place that does not fit is named', async () => {
    const relinked = await makeLedger(service, { ...plan, entry: entryOf((sequence) => sequence === 5) });
    const checkpoint = fileOf(genuine, second).at(-1) ?? '';
    const lines = [...relinked.lines.slice(3, 8), checkpoint];
    const files = edited(genuine, second, () => lines);
    expect(namesOf(await verifyFiles(files, service))).toEqual([`line-altered ${second}:5 #8`]);
  });
});

describe('by whoever has no key: segments and checkpoints', () => {
  const removed: Readonly<Record<string, [string[], string[]]>> = {
    'the first': [[first], [`segment-missing ${first}`]],
    'one in the middle': [[second], [`segment-missing ${second}`]],
    'two in the middle': [[second, third], [`segment-missing ${second}`]],
    'the last one': [[fourth], [`truncated ${newestCheckpointName}:1 #14`]],
    'all of them': [
      [first, second, third, fourth],
      [`segment-missing ${first}`, `truncated ${newestCheckpointName}:1 #14`],
    ],
  };

  it.each(Object.entries(removed))('removed, %s', async (_name, [names, found]) => {
    expect(namesOf(await verifyFiles(without(genuine, ...names), service))).toEqual(found);
  });

  it('removed, and the files after it called otherwise', async () => {
    const moved = new Map(without(genuine, second, third, fourth));
    moved.set(second, genuine.files.get(third) ?? '').set(third, genuine.files.get(fourth) ?? '');
    expect(namesOf(await verifyFiles(moved, service))).toEqual([`segment-altered ${second}:5`]);
  });

  it("in each other's place", async () => {
    const [two = '', three = ''] = [second, third].map((name) => genuine.files.get(name));
    const swapped = new Map([...genuine.files, [second, three], [third, two]]);
    expect(namesOf(await verifyFiles(swapped, service))).toEqual([
      `segment-altered ${second}:5`,
      `segment-altered ${third}:6`,
    ]);
  });

  it('one that stands there a second time, and those after it called otherwise', async () => {
    const moved = new Map(genuine.files).set(third, genuine.files.get(second) ?? '');
    moved.set(fourth, genuine.files.get(third) ?? '').set(segmentPath(5), genuine.files.get(fourth) ?? '');
    expect(namesOf(await verifyFiles(moved, service))).toEqual([`segment-altered ${third}:6`]);
  });

  it('a checkpoint in the place of that of another segment', async () => {
    const other = fileOf(genuine, third).at(-1) ?? '';
    const files = edited(genuine, second, (lines) => [...lines.slice(0, -1), other]);
    expect(namesOf(await verifyFiles(files, service))).toEqual([`segment-altered ${second}:6`]);
  });

  it('a checkpoint in the place of that of another organization', async () => {
    const other = fileOf(otherOrganization, second).at(-1) ?? '';
    const files = edited(genuine, second, (lines) => [...lines.slice(0, -1), other]);
    expect(namesOf(await verifyFiles(files, service))).toEqual([`other-organization ${second}:6`]);
  });

  it.each([first, second])('a segment in the place of that of another organization: %s', async (name) => {
    const files = withFile(genuine, name, otherOrganization.files.get(name));
    const line = fileOf(genuine, name).length;
    expect(namesOf(await verifyFiles(files, service))).toEqual([`other-organization ${name}:${line}`]);
  });

  it('the ledger of another organization, where a checkpoint of this one was kept', async () => {
    const files = without(otherOrganization, newestCheckpointName);
    const report = await verifyFiles(files, service, [genuine.checkpoints[0] ?? '']);
    expect(namesOf(report)).toEqual(
      [first, second, third, fourth].map(
        (name) => `other-organization ${name}:${fileOf(genuine, name).length}`,
      ),
    );
    expect(report.organization).toBe('org-1');
  });

  it('checkpoints that no known key signed', async () => {
    const foreign = await makeLedger(stranger, plan);
    const files = withFile(genuine, second, foreign.files.get(second));
    expect(namesOf(await verifyFiles(files, service))).toEqual([`checkpoint-key-unknown ${second}:6`]);
  });

  it('checkpoints by another key that calls itself as the known one', async () => {
    const { kid } = service.signer.publicKey;
    const impostor = {
      ...stranger,
      signer: { ...stranger.signer, publicKey: { ...stranger.signer.publicKey, kid } },
    };
    const foreign = await makeLedger(impostor, plan);
    const files = withFile(genuine, second, foreign.files.get(second));
    expect(namesOf(await verifyFiles(files, service))).toEqual([`checkpoint-signature ${second}:6`]);
  });

  it('a checkpoint that is none, and a line before it altered: both are named', async () => {
    const spoiled = (line: string) => line.replace(/.{10}"}$/, 'AAAAAAAAAA"}');
    const files = edited(genuine, second, (lines) => replaced(6, spoiled)(replaced(5, anotherPerson)(lines)));
    expect(namesOf(await verifyFiles(files, service))).toEqual([
      `checkpoint-signature ${second}:6`,
      `line-altered ${second}:5 #8`,
    ]);
  });

  it('a checkpoint that is none, and the line before it removed: both are named', async () => {
    const spoiled = (line: string) => line.replace(/.{10}"}$/, 'AAAAAAAAAA"}');
    const files = edited(genuine, second, (lines) => replaced(6, spoiled)(lines).toSpliced(4, 1));
    expect(namesOf(await verifyFiles(files, service))).toEqual([
      `checkpoint-signature ${second}:5`,
      `line-missing ${second}:4 #8-8`,
    ]);
  });
});

describe('by whoever holds all keys of the service', () => {
  it('the whole history written anew passes by itself', async () => {
    expect(await verifyFiles(rewritten.files, service)).toMatchObject({ ok: true });
  });

  it.each([0, 1, 2, 3])(
    'the whole history written anew does not pass beside checkpoint %i',
    async (index) => {
      const kept = genuine.checkpoints[index] ?? '';
      const report = await verifyFiles(rewritten.files, service, [kept]);
      const { treeSize } = readCheckpoint(kept);
      expect(namesOf(report)).toEqual([`fork kept-1.jwt:1 #${treeSize}`]);
      expect(report.anchors).toEqual({ given: 1, held: 0, heldUpTo: 0 });
    },
  );

  it('any one entry that is another is seen by the first checkpoint over it, and by all after that', async () => {
    const sizes = genuine.checkpoints.map((jws) => readCheckpoint(jws).treeSize);
    for (let sequence = 1; sequence <= 14; sequence += 1) {
      const anew = await makeLedger(service, { ...plan, entry: entryOf((each) => each === sequence) });
      for (const [index, size] of sizes.entries()) {
        const { ok } = await verifyFiles(anew.files, service, [genuine.checkpoints[index] ?? '']);
        expect(ok, `entry ${sequence}, beside the checkpoint over ${size}`).toBe(size < sequence);
      }
    }
  });

  it('it does not pass beside a checkpoint with its segments cut otherwise, either', async () => {
    const recut = await makeLedger(service, {
      ...plan,
      segments: [14],
      entry: entryOf((each) => each === 2),
    });
    expect(namesOf(await verifyFiles(recut.files, service, [genuine.checkpoints[1] ?? '']))).toEqual([
      'fork kept-1.jwt:1 #8',
    ]);
  });

  it('a fork passes beside checkpoints before it, and beside none after it', async () => {
    const early = genuine.checkpoints.slice(0, 2);
    expect(await verifyFiles(forked.files, service, early)).toMatchObject({ ok: true, anchors: { held: 2 } });
    const report = await verifyFiles(forked.files, service, genuine.checkpoints);
    expect(namesOf(report)).toEqual(['fork kept-3.jwt:1 #12']);
    expect(report.findings[0]?.why).toContain('up to entry 8 they are the same');
    expect(report.anchors).toEqual({ given: 4, held: 2, heldUpTo: 8 });
  });

  it('a segment of a fork between those of another', async () => {
    const files = withFile(genuine, third, forked.files.get(third));
    expect(namesOf(await verifyFiles(files, service))).toEqual([
      `fork ${third}:5 #9`,
      `fork ${fourth}:3 #13`,
    ]);
  });

  it('the newest checkpoint of a fork beside the ledger', async () => {
    const files = withFile(genuine, newestCheckpointName, forked.files.get(newestCheckpointName));
    expect(namesOf(await verifyFiles(files, service))).toEqual([`fork ${newestCheckpointName}:1 #14`]);
  });

  it('the last segments cut off pass by themselves, and not beside a checkpoint over them', async () => {
    const cut = cutTo(genuine, 2);
    expect(await verifyFiles(cut, service, genuine.checkpoints.slice(0, 2))).toMatchObject({ ok: true });
    const report = await verifyFiles(cut, service, genuine.checkpoints.slice(1));
    expect(namesOf(report)).toEqual(['truncated kept-3.jwt:1 #14']);
    expect(report.findings[0]?.why).toContain('over 14 entries, and the ledger has 8');
  });

  it('roots that are not those of the lines', async () => {
    for (const member of ['segmentRoot', 'rootHash']) {
      const [jws = ''] = genuine.checkpoints.slice(-1);
      const wrong = { ...readCheckpoint(jws), [member]: 'a'.repeat(64) };
      const signed = checkpointLine(await signCheckpoint(wrong, service.signer));
      const files = edited(genuine, fourth, (lines) => [...lines.slice(0, -1), signed]);
      files.delete(newestCheckpointName);
      expect(namesOf(await verifyFiles(files, service))[0]).toMatch(`root-mismatch ${fourth}:3`);
    }
  });

  it('a checkpoint over more lines than anybody could have recorded', async () => {
    const [jws = ''] = genuine.checkpoints.slice(-1);
    const wrong = { ...readCheckpoint(jws), treeSize: Number.MAX_SAFE_INTEGER };
    const signed = checkpointLine(await signCheckpoint(wrong, service.signer));
    const files = edited(genuine, fourth, (lines) => [...lines.slice(0, -1), signed]);
    expect(namesOf(await verifyFiles(files, service))).toEqual([`segment-altered ${fourth}:3`]);
  });

  it('an entry of another organization in the ledger', async () => {
    const entry = (sequence: number) => (sequence === 4 ? { organization: 'org-2' } : {});
    await expect(makeLedger(service, { ...plan, entry })).rejects.toThrow('do not follow');
  });
});

describe('a clock that goes backwards', () => {
  it('between two lines is remarked, and breaks nothing', async () => {
    const second = (sequence: number) => (sequence === 5 ? 1 : sequence);
    const report = await verifyFiles((await makeLedger(service, { ...plan, second })).files, service);
    expect(report).toMatchObject({ ok: true, findings: [] });
    expect(report.remarks.map(({ name, line, sequence }) => ({ name, line, sequence }))).toEqual([
      { name: 'clock-backwards', line: 2, sequence: 5 },
    ]);
  });

  it('between two segments is remarked', async () => {
    const second = (sequence: number) => (sequence >= 4 ? sequence - 3.5 : sequence);
    const { remarks } = await verifyFiles((await makeLedger(service, { ...plan, second })).files, service);
    expect(remarks[0]).toMatchObject({ name: 'clock-backwards', file: segmentPath(2), line: 1, sequence: 4 });
  });

  it('between two checkpoints, or a line and its checkpoint, is remarked', async () => {
    const signedAt = (segment: number, treeSize: number) => (segment === 2 ? 2 : treeSize + 1);
    const { remarks } = await verifyFiles((await makeLedger(service, { ...plan, signedAt })).files, service);
    expect(remarks.map(({ why }) => why)).toEqual(['its checkpoint is dated before the one before']);
    const early = (segment: number, treeSize: number) => (segment === 2 ? 7 : treeSize + 1);
    const report = await verifyFiles(
      (await makeLedger(service, { ...plan, signedAt: early })).files,
      service,
    );
    expect(report.remarks.map(({ why }) => why)).toEqual(['its checkpoint is dated before its last line']);
  });
});

describe('entries that several processes recorded, each by its number', () => {
  const writers = ['a'.repeat(18), 'b'.repeat(18)];
  const idOf = (writer: number, number: number) => `led_0mp1lz6k0${writers[writer]}${number.toString(36)}`;
  /** @param order of each line the process and the number */
  const recorded = (order: readonly [writer: number, number: number][], unsealed = 0) =>
    makeLedger(service, {
      segments: [2, order.length - 2 - unsealed],
      unsealed,
      id: (sequence) => idOf(...(order[sequence - 1] ?? [0, 0])),
    });
  const foundIn = async (...[order, unsealed]: Parameters<typeof recorded>) =>
    namesOf(await verifyFiles((await recorded(order, unsealed)).files, service));

  it.each<[string, [number, number][]]>([
    [
      'in order',
      [
        [0, 1],
        [1, 1],
        [0, 2],
        [1, 2],
        [1, 3],
      ],
    ],
    [
      'sealed late',
      [
        [0, 1],
        [0, 4],
        [1, 1],
        [0, 3],
        [0, 2],
      ],
    ],
    [
      'the first one sealed late',
      [
        [0, 2],
        [1, 1],
        [0, 1],
        [0, 3],
      ],
    ],
  ])('are whole %s', async (_, order) => {
    expect(await foundIn(order)).toEqual([]);
    expect(await foundIn(order, 1)).toEqual([]);
  });

  it.each<[string, [number, number][], string[]]>([
    [
      'one that was removed before it was sealed',
      [
        [0, 1],
        [1, 1],
        [0, 3],
        [1, 2],
      ],
      [`entry-missing ${second}:1 #3`],
    ],
    [
      'the first one that was',
      [
        [0, 1],
        [1, 2],
        [1, 3],
      ],
      [`entry-missing ${first}:2 #2`],
    ],
    [
      'several, of which one came late',
      [
        [0, 1],
        [0, 5],
        [0, 3],
        [1, 1],
      ],
      [`entry-missing ${first}:2 #2`, `entry-missing ${first}:2 #2`],
    ],
    [
      'one that was sealed twice',
      [
        [0, 1],
        [0, 2],
        [0, 1],
        [0, 3],
      ],
      [`line-duplicated ${second}:1 #3`],
    ],
  ])('show %s', async (_, order, found) => {
    expect(await foundIn(order)).toEqual(found);
  });

  it('are told as missing lines where those were removed from the ledger itself', async () => {
    const ledger = await recorded([
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
      [0, 5],
    ]);
    expect(
      namesOf(
        await verifyFiles(
          edited(ledger, second, (lines) => lines.toSpliced(1, 1)),
          service,
        ),
      ),
    ).toEqual([`line-missing ${second}:2 #4`]);
  });

  it('are gone through in time, whatever numbers they have', async () => {
    const order = Array.from({ length: 6_000 }, (_, index): [number, number] => [0, 12_000 - 2 * index]);
    const odd = Array.from({ length: 6_000 }, (_, index): [number, number] => [1, 1 + 2 * index]);
    const report = await verifyFiles((await recorded([...odd, ...order])).files, service);
    expect(report.ok).toBe(false);
    expect(report.findings).toHaveLength(1_000);
  });
});

describe('what is not sealed yet', () => {
  const unsealed = async () => await makeLedger(service, { segments: [3, 2], unsealed: 4 });

  it.each<[string, Edit, string[]]>([
    ['altered', replaced(2, anotherPerson), [`line-altered ${unsealedName}:2 #7`]],
    ['removed', (lines) => lines.toSpliced(1, 1), [`line-missing ${unsealedName}:2 #7`]],
    ['removed, the first', (lines) => lines.slice(1), [`line-missing ${unsealedName}:1 #6`]],
    ['removed, the last', (lines) => lines.toSpliced(3, 1), [`line-missing ${unsealedName}:4 #9`]],
    ['removed, the last ones', (lines) => lines.toSpliced(1, 3), [`line-missing ${unsealedName}:2 #7-9`]],
    ['altered, the last', replaced(4, anotherPerson), [`line-altered ${unsealedName}:4 #9`]],
    ['without how they end', (lines) => lines.slice(0, -1), [`unreadable ${unsealedName}:4`]],
    [
      'said to end before they do',
      (lines) => lines.with(-1, lines.at(-1)?.replace(':9,', ':7,') ?? ''),
      [`line-inserted ${unsealedName}:5 #8`],
    ],
    [
      'said to end where nothing could',
      (lines) => lines.with(-1, lines.at(-1)?.replace(':9,', ':9007199254740991,') ?? ''),
      [`line-missing ${unsealedName}:5 #10-9007199254740991`],
    ],
    ['said to end twice', (lines) => [...lines, lines.at(-1) ?? ''], [`line-inserted ${unsealedName}:5`]],
    [
      'duplicated',
      (lines) => lines.toSpliced(1, 0, lines[0] ?? ''),
      [`line-duplicated ${unsealedName}:1 #6`],
    ],
    [
      'reordered',
      (lines) => [lines[1], lines[0], ...lines.slice(2)].map(String),
      [`lines-reordered ${unsealedName}:1 #7`],
    ],
  ])('%s', async (_name, edit, found) => {
    expect(namesOf(await verifyFiles(edited(await unsealed(), unsealedName, edit), service))).toEqual(found);
  });

  it('of another history', async () => {
    const ledger = await unsealed();
    const other = await makeLedger(service, {
      segments: [3, 2],
      unsealed: 4,
      entry: () => ({ principal: 'x' }),
    });
    const files = withFile(ledger, unsealedName, other.files.get(unsealedName));
    expect(namesOf(await verifyFiles(files, service))).toEqual([`fork ${unsealedName}:1`]);
  });

  it('cut off in the middle of a line', async () => {
    const ledger = await unsealed();
    for (const [count, line] of [
      [1, 5],
      [20, 5],
      [150, 4],
    ]) {
      const files = withFile(ledger, unsealedName, ledger.files.get(unsealedName)?.slice(0, -Number(count)));
      expect(namesOf(await verifyFiles(files, service))).toEqual([`unreadable ${unsealedName}:${line}`]);
    }
  });

  it('of which nothing is sealed', async () => {
    const ledger = await makeLedger(service, { segments: [], unsealed: 2 });
    const report = await verifyFiles(without(ledger, newestCheckpointName), service);
    expect(namesOf(report)).toEqual([`segment-missing ${first}`]);
  });
});

describe('one byte changed, anywhere', () => {
  /** Changes each byte of a file in turn, by a bit. @returns the bytes whose change was not found in that file */
  async function unseenIn({ files }: MadeLedger, name: string): Promise<number[]> {
    const bytes = Buffer.from(files.get(name) ?? '');
    const places = [...bytes.keys()];
    const seen = async (at: number) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const report = await verifyFiles(
        new Map<string, string | Uint8Array>(files).set(name, changed),
        service,
      );
      return report.findings[0]?.file === name;
    };
    const found = await Promise.all(places.map(seen));
    return places.filter((at) => found[at] !== true);
  }

  it('is found in the file where it is, those of lines that are not sealed yet among them', async () => {
    const ledger = await makeLedger(service, { segments: [2, 1], unsealed: 2 });
    expect(ledger.files.size).toBe(4);
    for (const name of ledger.files.keys()) expect(await unseenIn(ledger, name), name).toEqual([]);
  });
});
