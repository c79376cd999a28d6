import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Dossier } from '#crypto/dossier/content.ts';
import { longestDossier, makeDossier, readDossier } from '#crypto/dossier/statement.ts';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { consistencyProof } from '#crypto/ledger/merkle.ts';
import { toPem } from '#crypto/pkcs10.ts';
import { type RefusalReceipt, signReceipt } from '#crypto/receipts.ts';
import { InternalError, ProofError } from '#domain/errors.ts';
import {
  csrFor,
  foundIn,
  madeDossier,
  owner,
  pathOf,
  receiptsOf,
  signedWith,
  verifyFile,
} from '#test/support/dossier.ts';
import { makeLedger, signingService } from '#test/support/ledger.ts';

const service = await signingService();
const stranger = await signingService();
const { dossier, file, ledger } = await madeDossier(service);
const [firstCheckpoint = '', lastCheckpoint = ''] = ledger.checkpoints;

/** The proof that its ledger begins with the first so many entries. */
function since(treeSize: number) {
  const path = consistencyProof(
    ledger.lines.slice(0, 8).map((line) => lineLeaf(line)),
    treeSize,
  );
  return { treeSize, path: path.map((node) => node.toString('hex')) };
}

describe('a genuine dossier', () => {
  it('verifies, and says what it does not show', async () => {
    const report = await verifyFile(file, service);
    expect(foundIn(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, dossier, checkpoint: { treeSize: 8 }, anchors: { given: 0 } });
    expect(report.lines.map(({ sequence, proved }) => [sequence, proved])).toEqual([
      [2, true],
      [4, true],
      [5, true],
      [7, true],
      [9, false],
    ]);
    expect(report.receipts.map(({ id, receipt }) => [id, receipt.receipt])).toEqual([
      ['rcp_escrow', 'backup'],
      ['rcp_copy', 'backup'],
    ]);
    expect(report.remarks.map(({ name }) => name)).toEqual([
      'no-anchor',
      'not-sealed',
      'completeness-not-shown',
    ]);
  });

  it('is signed over the bytes that JSON.stringify gives of it', async () => {
    const { signature, dossier: member } = JSON.parse(file);
    expect(decodeProtectedHeader(signature)).toEqual({
      alg: 'ES256',
      kid: service.signer.publicKey.kid,
      typ: 'escrow-dossier+jwt',
    });
    const sha256 = createHash('sha256').update(JSON.stringify(member)).digest('hex');
    expect(decodeJwt(signature)).toEqual({ ...owner, time: dossier.time, sha256 });
  });

  it('is the same without blanks, and with or without a newline at its end', async () => {
    const value = JSON.parse(file);
    for (const spelling of [JSON.stringify(value), `${JSON.stringify(value)}\n`, file.trimEnd()])
      expect(foundIn(await verifyFile(spelling, service))).toEqual([]);
  });

  it('may say more than this version knows', async () => {
    const more = { ...dossier, recoveries: [{ by: 'two agents' }] };
    expect(foundIn(await verifyFile((await makeDossier(more, service.signer)).file, service))).toEqual([]);
  });

  it('agrees with the checkpoint of the very same ledger, and says that others show nothing', async () => {
    const same = await verifyFile(file, service, [lastCheckpoint]);
    expect(same).toMatchObject({ ok: true, anchors: { given: 1, same: 1, continued: 0 } });
    expect(same.remarks.map(({ name }) => name)).not.toContain('continuity-not-shown');
    const earlier = await verifyFile(file, service, [`${firstCheckpoint}\n${lastCheckpoint}\n`]);
    expect(earlier).toMatchObject({ ok: true, anchors: { given: 2, same: 1 } });
    expect(earlier.remarks).toContainEqual(
      expect.objectContaining({ name: 'continuity-not-shown', why: expect.stringMatching(/^1 of the/) }),
    );
  });

  it('is proved to continue the ledger of an earlier checkpoint, where it brings the proof along', async () => {
    const brought = await signedWith(service, dossier, {
      ledger: { ...dossier.ledger, consistency: since(3) },
    });
    const report = await verifyFile(brought, service, [`${firstCheckpoint}\n${lastCheckpoint}\n`]);
    expect(foundIn(report)).toEqual([]);
    expect(report.anchors).toEqual({ given: 2, same: 1, continued: 1 });
    expect(report.remarks.map(({ name }) => name)).not.toContain('continuity-not-shown');
    const elsewhere = await signedWith(service, dossier, {
      ledger: { ...dossier.ledger, consistency: since(2) },
    });
    const other = await verifyFile(elsewhere, service, [firstCheckpoint]);
    expect(other.remarks.map(({ name }) => name)).toContain('continuity-not-shown');
  });

  it('says that sealing is behind, and since when', async () => {
    const late = await signedWith(service, dossier, { time: '2026-01-05T09:00:10.000Z' });
    expect((await verifyFile(late, service)).remarks).toContainEqual(
      expect.objectContaining({
        name: 'sealing-behind',
        why: expect.stringContaining('an entry of 2026-01-05T08:00:09.000Z was not sealed'),
      }),
    );
  });

  it('is not made of what is none', async () => {
    const none = { ...dossier, time: 'yesterday' };
    await expect(makeDossier(none, service.signer)).rejects.toThrow(InternalError);
  });
});

describe('a dossier that somebody altered', () => {
  it('does not verify, whichever byte is another', async () => {
    const bytes = Buffer.from(file);
    const places = fc.nat(bytes.length - 2);
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ flip;
        const report = await verifyFile(altered, service).catch((error: unknown) => error);
        if (report instanceof ProofError) expect(report.code).toBe('dossier-invalid');
        else expect(report).toMatchObject({ ok: false });
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.keys(dossier))(
    'does not verify without its member %s, nor with another value',
    async (name) => {
      const { signature } = JSON.parse(file);
      const { [name]: _gone, ...rest } = { ...dossier } as Record<string, unknown>;
      for (const changed of [rest, { ...dossier, [name]: null }]) {
        const altered = JSON.stringify({ dossier: changed, signature });
        const report = await verifyFile(altered, service).catch((error: unknown) => error);
        if (report instanceof ProofError) expect(report.code).toBe('dossier-invalid');
        else expect(report).toMatchObject({ ok: false });
      }
    },
  );

  it.each([
    ['its state', (text: string) => text.replace('"state": "ready"', '"state": "refused"'), 'altered'],
    ['the name', (text: string) => text.replace('"Ada"', '"Eve"'), 'altered'],
    ['a notice', (text: string) => text.replace('It was made.', 'It was lost.'), 'altered'],
    [
      'whether it is complete',
      (text: string) => text.replace('"complete": true', '"complete": false'),
      'altered',
    ],
  ])('names what was done to %s', async (_what, alter, finding) => {
    expect(alter(file)).not.toBe(file);
    expect(foundIn(await verifyFile(alter(file), service))).toContain(finding);
  });

  it('has not the signature of another dossier, of a receipt or of a checkpoint', async () => {
    const another = JSON.parse(await signedWith(service, dossier, { time: '2026-01-05T10:00:00.000Z' }));
    for (const [signature, finding] of [
      [another.signature, 'altered'],
      [dossier.receipts[0]?.jws, 'signature'],
      [lastCheckpoint, 'signature'],
      ['', 'signature'],
    ]) {
      const report = await verifyFile(JSON.stringify({ dossier, signature }), service);
      expect(foundIn(report)).toEqual([finding]);
    }
  });

  it('is verified by a key that signs no more, as long as the key set has it', async () => {
    const retired = { keys: [...stranger.jwks.keys, ...service.jwks.keys] };
    const report = await verifyFile(file, { ...service, jwks: retired }, [lastCheckpoint], ledger.files);
    expect(report).toMatchObject({ ok: true, anchors: { same: 1 }, ledger: { complete: true } });
    const { findings } = await verifyFile(file, stranger);
    expect(findings[0]).toMatchObject({
      name: 'signature',
      why: expect.stringContaining('with those that it has retired'),
    });
  });

  it('brings no proof without its checkpoint', async () => {
    const alone = await signedWith(service, dossier, { ledger: { ...dossier.ledger, checkpoint: null } });
    expect(foundIn(await verifyFile(alone, service))).toEqual(['entry-not-proved']);
  });

  it('is held against no file of something else, which is found once', async () => {
    expect(foundIn(await verifyFile(file, service, [file]))).toEqual(['anchor-invalid kept-1.jwt, line 1']);
  });

  it('is nothing to the keys of another service', async () => {
    const found = foundIn(await verifyFile(file, stranger));
    expect(found).toEqual([
      'signature',
      'checkpoint-invalid',
      'receipt-invalid rcp_escrow',
      'receipt-invalid rcp_copy',
    ]);
  });
});

describe('a dossier that is signed, and false', () => {
  const lineOf = (sequence: number) => ledger.lines[sequence - 1] ?? '';
  const entriesWith = (entries: Dossier['ledger']['entries']) => ({ ledger: { ...dossier.ledger, entries } });
  const found = async (change: Partial<Dossier>, anchors: readonly string[] = []) =>
    foundIn(await verifyFile(await signedWith(service, dossier, change), service, anchors));
  const entry = (index: number) => dossier.ledger.entries[index] ?? { line: '', path: null };
  const [one, two, ...more] = dossier.ledger.entries;

  it('has no entry that the ledger has not', async () => {
    const { line, path } = entry(2);
    const forged = { line: line.replace('refused', 'done'), path };
    const entries = dossier.ledger.entries.map((each, index) => (index === 2 ? forged : each));
    expect(await found(entriesWith(entries))).toContain('entry-not-proved #5');
    expect(await found(entriesWith(entries.map((each) => ({ ...each, path: null }))))).toContain(
      'entry-not-proved #2',
    );
  });

  it('has no entry of another enrollment, out of order, or twice', async () => {
    const others = { line: lineOf(3), path: pathOf(ledger, lineOf(3)) };
    expect(await found(entriesWith([entry(0), others, ...dossier.ledger.entries.slice(1)]))).toEqual([
      'entry-of-other #3',
    ]);
    expect(await found(entriesWith([two ?? entry(0), one ?? entry(0), ...more]))).toContain(
      'entries-disordered #2',
    );
    expect(await found(entriesWith([entry(0), ...dossier.ledger.entries]))).toContain(
      'entries-disordered #2',
    );
    const odd = entriesWith([{ line: '{}', path: null }, ...dossier.ledger.entries]);
    expect(await found(odd)).toEqual(['entry-unreadable entry 1 of the dossier']);
  });

  it('leaves no decision, no export and no password out', async () => {
    expect(await found({ exports: dossier.exports.slice(1) })).toEqual(['contradiction']);
    expect(dossier.passwords).toMatchObject([{ action: 'set-password', principal: 'ada', outcome: 'done' }]);
    expect(await found({ passwords: [] })).toEqual(['contradiction']);
    expect(await found({ decisions: [] })).toEqual(['contradiction']);
  });

  it('has the receipts that were issued, of this enrollment and this key', async () => {
    expect(await found({ receipts: dossier.receipts.slice(0, 1) })).toEqual(['receipt-missing rcp_copy']);
    expect(await found({ receipts: [], missingReceipts: ['rcp_escrow', 'rcp_copy'] })).toEqual([
      'receipt-missing rcp_escrow',
    ]);
    expect(await found({ receipts: await receiptsOf(service, { enrollmentId: 'enr_two' }) })).toContain(
      'receipt-of-other rcp_escrow',
    );
    expect(await found({ receipts: await receiptsOf(service, { spkiSha256: '0'.repeat(64) }) })).toEqual([
      'key-differs rcp_escrow',
      'key-differs rcp_copy',
    ]);
    expect(await found({ receipts: await receiptsOf(stranger) })).toContain('receipt-invalid rcp_copy');
    expect(await found({ receipts: await receiptsOf(service, { ledgerEntry: 'led_99' }) })).toEqual([
      'contradiction rcp_escrow',
      'contradiction rcp_copy',
    ]);
  });

  it('has the backups that their receipts state', async () => {
    const backups = dossier.backups.map((backup) => ({ ...backup, pfxSha256: '0'.repeat(64) }));
    expect(await found({ backups })).toEqual(['contradiction bkp_1']);
    const shorter = dossier.backups.map((backup) => ({ ...backup, retainUntil: '2027-01-05T08:00:00.000Z' }));
    expect(await found({ backups: shorter })).toEqual(['contradiction bkp_1']);
  });

  it('has a backup where escrow is required and the key is ready', async () => {
    expect(await found({ backups: [] })).toEqual(['contradiction']);
    const key = { ...dossier.key, escrow: 'forbidden' } as const;
    expect(await found({ backups: [], key })).toEqual([]);
  });

  it('gives the refusal that its receipt states', async () => {
    const told = { code: 'enrollment-refused', reason: 'No.', contact: 'helpdesk', rules: ['none'] };
    const { label, purpose, keySpec, build } = { ...dossier.key, ...dossier.request, ...dossier };
    const { rules, ...said } = told;
    const receipt: RefusalReceipt = {
      ...{ ...owner, ...said, label, purpose, keySpec, build, receipt: 'refusal', action: 'Enroll' },
      ...{ jti: 'rcp_c', iat: 1_767_600_004, policy: { version: '1', rules } },
    };
    const jws = await signReceipt(receipt, service.signer);
    const refused = (reason: string) => ({
      receipts: [...dossier.receipts, { id: 'ref_1', jws }],
      decided: { ...dossier.decided, refusal: { ...told, reason, receiptId: 'ref_1' } },
    });
    expect(await found(refused('No.'))).toEqual([]);
    expect(await found(refused('Perhaps.'))).toEqual(['contradiction ref_1']);
  });

  it('has the policies that decided, or says which it has not', async () => {
    expect(await found({ policies: [] })).toEqual(['policy-missing 1']);
    const said = await verifyFile(
      await signedWith(service, dossier, { policies: [], missingPolicies: ['1'] }),
      service,
    );
    expect(foundIn(said)).toEqual([]);
    expect(said.remarks).toContainEqual(expect.objectContaining({ name: 'policy-not-there', about: '1' }));
    const escrowDue = { since: '2026-01-05T08:30:00.000Z', policy: { version: '2', rules: ['all'] } };
    expect(await found({ key: { ...dossier.key, escrowDue } })).toEqual(['policy-missing 2']);
  });

  it('is of the key that its certificate request is for', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = await csrFor(publicKey.export({ format: 'der', type: 'spki' }), privateKey);
    const csrSha256 = createHash('sha256').update(other).digest('hex');
    const key = { ...dossier.key, csr: toPem('CERTIFICATE REQUEST', other), csrSha256 };
    expect(await found({ key })).toContain('key-differs');
    expect(await found({ key, receipts: await receiptsOf(service, { csrSha256 }) })).toEqual(['key-differs']);
  });

  it('has the certificate request and the policy that it names', async () => {
    const csr = dossier.key.csr?.replace(/[a-z]/, 'Z') ?? '';
    expect(await found({ key: { ...dossier.key, csr } })).toEqual(['key-differs']);
    const policies = dossier.policies.map((policy) => ({ ...policy, cedar: 'permit(principal);' }));
    expect(await found({ policies })).toEqual(['policy-differs 1']);
  });

  it('has a checkpoint of its own organization', async () => {
    const rival = await makeLedger(service, { organization: 'rival', segments: [8] });
    const ledgerOf = (checkpoint: string) => ({ ledger: { ...dossier.ledger, checkpoint } });
    expect(await found(ledgerOf(rival.checkpoints[0] ?? ''))).toContain('checkpoint-of-other');
    expect(await found(ledgerOf('e30.e30.e30'))).toContain('checkpoint-invalid');
  });

  it('is not of another history than the one that somebody kept a checkpoint of', async () => {
    const rewritten = await makeLedger(service, { segments: [8] });
    const [other = ''] = rewritten.checkpoints;
    expect(await found({}, [other])).toEqual(['fork kept-1.jwt, line 1']);
    const shorter = await makeLedger(service, { segments: [3] });
    const claimed = { ledger: { ...dossier.ledger, consistency: since(3) } };
    expect(await found(claimed, shorter.checkpoints)).toEqual(['fork kept-1.jwt, line 1']);
    const longer = { ledger: { ...dossier.ledger, consistency: { treeSize: 20, path: [] } } };
    const ahead = await makeLedger(service, { segments: [20] });
    expect(await found(longer, ahead.checkpoints)).toEqual(['fork kept-1.jwt, line 1']);
    const rival = await makeLedger(service, { organization: 'rival', segments: [8] });
    expect(await found({}, [rival.checkpoints[0] ?? ''])).toEqual(['anchor-invalid kept-1.jwt']);
    expect(await found({}, ['nothing'])).toEqual(['anchor-invalid kept-1.jwt, line 1']);
    expect(await found({}, [''])).toEqual(['anchor-invalid kept-1.jwt']);
  });

  it('is not believed for the keys that it brings along', async () => {
    const keySet = { ...dossier.keySet, keys: stranger.jwks.keys.map((key) => ({ ...key })) };
    const report = await verifyFile(await signedWith(service, dossier, { keySet }), service);
    expect(report).toMatchObject({ ok: true });
    expect(report.remarks.map(({ name }) => name)).toContain('keys-differ');
    const forged = await madeDossier(stranger);
    expect(await verifyFile(forged.file, service)).toMatchObject({ ok: false });
  });

  it('tells of what was recorded and not finished', async () => {
    const report = await verifyFile(
      await signedWith(service, dossier, {
        receipts: dossier.receipts.slice(0, 1),
        missingReceipts: ['rcp_copy'],
      }),
      service,
    );
    expect(report.ok).toBe(true);
    expect(report.remarks).toContainEqual(
      expect.objectContaining({ name: 'receipt-not-stored', about: 'rcp_copy' }),
    );
  });
});

describe('what is no dossier', () => {
  const value = JSON.parse(file);
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

  it.each([
    ['nothing', ''],
    ['no JSON', 'dossier'],
    ['no object', '[]'],
    ['null', 'null'],
    ['too little', JSON.stringify({ dossier: value.dossier })],
    ['too much', JSON.stringify({ ...value, note: 'read me' })],
    ['a member twice', file.replace('"state": "ready"', '"state": "refused",\n    "state": "ready"')],
    ['other blanks', JSON.stringify(value, null, 4)],
    ['other ends of lines', file.replaceAll('\n', '\r\n')],
    ['a needless escape', file.replace('"Ada"', '"\\u0041da"')],
    ['a byte order mark', `\ufeff${file}`],
    ['two newlines', `${file}\n`],
    ['members that sort first', file.replace('"organization"', '"1"')],
    ['a prototype', file.replace('"build"', '"__proto__"')],
    ['what is nested deep', `{"dossier":${deep},"signature":""}`],
    ['members of other types', JSON.stringify({ ...value, dossier: { ...dossier, receipts: 'none' } })],
    ['a path that is none', file.replace(/"[0-9a-f]{64}"\n {10}\]/, '"zz"\n          ]')],
  ])('is refused, as %s', (_what, text) => {
    expect(text).not.toBe(file);
    expect(() => readDossier(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'dossier-invalid' }),
    );
  });

  it('is refused where it is no UTF-8, or too long, and nothing of it is quoted', () => {
    const marked = Buffer.concat([Buffer.from('{"secret-looking"'), Buffer.of(0xff)]);
    expect(() => readDossier(marked)).toThrow(expect.objectContaining({ code: 'dossier-invalid' }));
    expect(() => readDossier(Buffer.alloc(longestDossier + 1, 0x20))).toThrow(/longer than any/);
    expect(() => readDossier(Buffer.from('secret-looking'))).not.toThrow(/secret-looking/);
  });

  it('is never believed, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (json, signature) => {
        expect(() => readDossier(Buffer.from(JSON.stringify({ dossier: json, signature })))).toThrow(
          ProofError,
        );
      }),
    );
  });
});
