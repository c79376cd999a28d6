import { describe, expect, it } from 'vitest';
import { decisionsIn, exportsIn, passwordsIn } from '#crypto/dossier/acts.ts';
import type { Dossier } from '#crypto/dossier/content.ts';
import { unsealedName } from '#crypto/ledger/folder.ts';
import { entryOf, foundIn, madeDossier, owner, signedWith, verifyFile } from '#test/support/dossier.ts';
import { type LedgerPlan, makeLedger, signingService } from '#test/support/ledger.ts';

const service = await signingService();
const { dossier, file, ledger } = await madeDossier(service);

/** An export of the same ledger, as it went on. */
const exportOf = (plan: Partial<LedgerPlan>) =>
  makeLedger(service, { segments: [3, 5, 4], entry: entryOf, ...plan });

/** The dossier without some of its entries, and with nothing that would tell of them: what a service that hides them would sign. */
async function without(...hidden: string[]): Promise<string> {
  const entries = dossier.ledger.entries.filter(({ line }) => !hidden.includes(JSON.parse(line).id));
  const lines = entries.map(({ line }) => JSON.parse(line));
  return await signedWith(service, dossier, {
    ledger: { ...dossier.ledger, entries },
    ...{ decisions: decisionsIn(lines), exports: exportsIn(lines), passwords: passwordsIn(lines) },
  });
}

describe('a dossier beside the ledger that it is of', () => {
  it('is shown to lack no entry, sealed or not', async () => {
    const later = await exportOf({});
    const report = await verifyFile(file, service, ledger.checkpoints, later.files);
    expect(foundIn(report)).toEqual([]);
    expect(report.ledger).toEqual({ treeSize: 12, entries: 5, complete: true });
    expect(report.remarks.map(({ name }) => name)).toEqual(['not-sealed']);
  });

  it('is that of the very moment, too', async () => {
    const report = await verifyFile(file, service, [], ledger.files);
    expect(report).toMatchObject({ ok: true, ledger: { treeSize: 8, entries: 4, complete: true } });
  });

  it('tells of what was recorded since', async () => {
    const since = (sequence: number) =>
      sequence > 9 ? { ...entryOf(7), principal: 'eve' } : entryOf(sequence);
    const report = await verifyFile(file, service, [], (await exportOf({ entry: since })).files);
    expect(foundIn(report)).toEqual([]);
    expect(report.remarks).toContainEqual(
      expect.objectContaining({ name: 'recorded-since', why: expect.stringMatching(/^3 more entries/) }),
    );
  });

  it('is shown complete only as far as both go', async () => {
    const earlier = await exportOf({ segments: [3] });
    const report = await verifyFile(file, service, [], earlier.files);
    expect(foundIn(report)).toEqual([]);
    expect(report.ledger).toEqual({ treeSize: 3, entries: 1, complete: false });
    expect(report.remarks.map(({ name }) => name)).toContain('completeness-not-shown');

    const first = { ...dossier.ledger, entries: dossier.ledger.entries.slice(0, 2), complete: false };
    const lines = first.entries.map(({ line }) => JSON.parse(line));
    const told = { decisions: decisionsIn(lines), exports: exportsIn(lines), passwords: passwordsIn(lines) };
    const receipts = dossier.receipts.slice(0, 1);
    const cut = await signedWith(service, dossier, { ledger: first, receipts, ...told });
    const report2 = await verifyFile(cut, service, [], (await exportOf({})).files);
    expect(foundIn(report2)).toEqual([]);
    expect(report2.ledger?.complete).toBe(false);
    expect(report2.remarks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['incomplete', 'completeness-not-shown']),
    );
  });
});

describe('a dossier that the ledger contradicts', () => {
  it.each(['led_2', 'led_5'])('lacks entry %s, which nothing but the ledger shows', async (id) => {
    const hiding = await without(id);
    const place = `#${id.slice(4)}`;
    expect(foundIn(await verifyFile(hiding, service, ledger.checkpoints))).toEqual([]);
    const report = await verifyFile(hiding, service, [], (await exportOf({})).files);
    expect(foundIn(report)).toEqual([`entry-missing ${place}`]);
    expect(report.ledger?.complete).toBe(false);
  });

  it('has an entry that was never sealed', async () => {
    const other = (sequence: number) => entryOf(sequence === 9 ? 1 : sequence);
    const report = await verifyFile(file, service, [], (await exportOf({ entry: other })).files);
    expect(foundIn(report)).toEqual(['entry-not-in-ledger #9']);
    const changed = (sequence: number) =>
      sequence === 9 ? { ...entryOf(9), principal: 'eve' } : entryOf(sequence);
    expect(foundIn(await verifyFile(file, service, [], (await exportOf({ entry: changed })).files))).toEqual([
      'entry-not-in-ledger #9',
    ]);
  });

  it('is of another ledger', async () => {
    const other = (sequence: number) =>
      sequence === 3 ? { principal: 'eve', outcome: 'done' } : entryOf(sequence);
    const rewritten = await exportOf({ entry: other });
    const report = await verifyFile(file, service, [], rewritten.files);
    expect(foundIn(report)).toEqual(['fork the checkpoint of the dossier']);
    expect(report.ledger).toBeNull();
    const rival = await makeLedger(service, { organization: 'rival', segments: [12] });
    expect((await verifyFile(file, service, [], rival.files)).findings).toMatchObject([
      { name: 'ledger-not-whole', why: expect.stringContaining('other-organization') },
    ]);
    const entries = dossier.ledger.entries.map(({ line }) => ({ line, path: null }));
    const unsealed = await signedWith(service, dossier, {
      ledger: { ...dossier.ledger, entries, checkpoint: null },
    });
    expect(foundIn(await verifyFile(unsealed, service, [], rival.files))).toEqual(['ledger-not-whole']);
    const early = await verifyFile(unsealed, service, [], ledger.files);
    expect(early).toMatchObject({ ok: true, ledger: { complete: false } });
  });

  it('is held against no ledger that is not whole', async () => {
    const { files } = await exportOf({ unsealed: 1 });
    const [name = '', segment = ''] = [...files][1] ?? [];
    const altered = new Map(files).set(name, segment.replace('"bob"', '"eve"'));
    const report = await verifyFile(file, service, [], altered);
    expect(foundIn(report)).toEqual([expect.stringMatching(/^ledger-not-whole segments\/000000002\.jsonl/)]);
    const cut = new Map([...files].filter(([each]) => each !== name && each !== unsealedName));
    expect(foundIn(await verifyFile(file, service, [], cut))).toEqual([
      expect.stringMatching(/^ledger-not-whole/),
    ]);
  });

  it('holds the ledger against what was kept elsewhere, too', async () => {
    const rewritten = await makeLedger(service, { segments: [3, 5, 4] });
    const report = await verifyFile(
      file,
      service,
      [rewritten.checkpoints[2] ?? ''],
      (await exportOf({})).files,
    );
    expect(foundIn(report)).toEqual(['ledger-not-whole kept-1.jwt, line 1']);
  });

  it('takes a mention of the enrollment for no entry of it', async () => {
    const { entries }: Dossier['ledger'] = dossier.ledger;
    expect(entries.every(({ line }) => line.includes(owner.enrollmentId))).toBe(true);
    expect(ledger.lines.filter((line) => line.includes(owner.enrollmentId))).toHaveLength(9);
  });
});
