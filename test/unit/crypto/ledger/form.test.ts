import { createHash, createHmac, sign } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  checkpointSha256,
  readCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from '#crypto/ledger/checkpoint.ts';
import { beforeTheFirst, formatLine, lineSha256, longestLine, parseLine } from '#crypto/ledger/line.ts';
import {
  checkpointLine,
  mostLines,
  nextCheckpoint,
  nothingSealed,
  parseCheckpointLine,
  readSegment,
  segmentName,
  segmentNumber,
  writeSegment,
} from '#crypto/ledger/segment.ts';
import { parseReceiptKeys, verifyReceipt } from '#crypto/receipts.ts';
import { InternalError, ProofError, StoreError } from '#domain/errors.ts';
import { makeLedger, signingService } from '#test/support/ledger.ts';

const service = await signingService();
const stranger = await signingService();

const line = {
  sequence: 1,
  previousSha256: beforeTheFirst,
  time: '2026-01-05T08:00:00.000Z',
  id: 'led_1',
  entry: { action: 'export-copy', organization: 'org-1', principal: 'obrien', outcome: 'refused' },
};
const text = formatLine(line);

describe('a line', () => {
  it('is its members in their order, and is hashed as it stands', () => {
    const { entry, id, time, previousSha256, sequence } = line;
    expect(formatLine({ entry, id, time, previousSha256, sequence })).toBe(text);
    expect(text).toBe(
      `{"sequence":1,"previousSha256":"${'0'.repeat(64)}","time":"2026-01-05T08:00:00.000Z","id":"led_1",` +
        '"entry":{"action":"export-copy","organization":"org-1","principal":"obrien","outcome":"refused"}}',
    );
    expect(lineSha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('is read as what was written, whatever its entry says', () => {
    const entries = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(entries, fc.nat(), (entry, sequence) => {
        const written = { ...line, sequence: sequence + 1, entry: { ...entry, organization: 'org-1' } };
        const read = parseLine(Buffer.from(formatLine(written)));
        expect(read).toEqual({ ...JSON.parse(JSON.stringify(written)), organization: 'org-1' });
      }),
    );
  });

  const others: Readonly<Record<string, string | Uint8Array>> = {
    'a blank more': text.replace(':1,', ': 1,'),
    'a blank at its end': `${text} `,
    'a carriage return': `${text}\r`,
    'a byte order mark': `\ufeff${text}`,
    'another order of members': text.replace('{"sequence":1,', '{').replace(/}$/, ',"sequence":1}'),
    'a member twice': text.replace('"id"', '"id":"led_2","id"'),
    'a member more': text.replace('"id"', '"mark":1,"id"'),
    'a member less': text.replace('"id":"led_1",', ''),
    'a member twice in its entry': text.replace('"principal"', '"principal":"x","principal"'),
    'a needless escape': text.replace('obrien', '\\u006fbrien'),
    'an exponent': text.replace(':1,', ':1e0,'),
    'sequence 0': text.replace(':1,', ':0,'),
    'a sequence of no exact number': text.replace(':1,', ':9007199254740993,'),
    'a digest in capitals': text.replace('0'.repeat(64), 'A'.repeat(64)),
    'a digest too short': text.replace('0'.repeat(64), '0'.repeat(63)),
    'a time without milliseconds': text.replace('.000Z', 'Z'),
    'a day that there is not': text.replace('01-05', '02-30'),
    'a time that is none': text.replace('2026', 'soon'),
    'no id': text.replace('led_1', ''),
    'an id that is too long': text.replace('led_1', 'x'.repeat(301)),
    'no entry': text.replace(/"entry":.*/, '"entry":null}'),
    'a list for an entry': text.replace(/"entry":.*/, '"entry":[]}'),
    'an entry of nobody': text.replace('"organization":"org-1",', ''),
    'a list': '[]',
    'a number': '1',
    nothing: '',
    'no JSON': '{',
    'a NUL': '\0'.repeat(20),
    'bytes that are no UTF-8': Buffer.from(text.replace('obrien', 'o\u00ffbrien'), 'latin1'),
    'half of a character': Buffer.from(`${text}\u00e9`).subarray(0, -1),
    'deep nesting': text.replace('"obrien"', `${'['.repeat(30_000)}${']'.repeat(30_000)}`),
    'more than any line may have': text.replace('obrien', 'x'.repeat(longestLine)),
  };

  it.each(Object.entries(others))('is refused with %s, and not quoted', (_name, bytes) => {
    const read = () => parseLine(Buffer.from(bytes));
    expect(read).toThrow(ProofError);
    expect(read).toThrow(expect.objectContaining({ code: 'ledger-unreadable' }));
    expect(read).not.toThrow(/obrien|xxx/);
  });

  it('is not made where it would not be read', () => {
    expect(() => formatLine({ ...line, sequence: 0 })).toThrow(InternalError);
    expect(() => formatLine({ ...line, entry: { action: 'x' } })).toThrow(InternalError);
    const entry = { ...line.entry, about: ['x'.repeat(longestLine)] };
    expect(() => formatLine({ ...line, entry })).toThrow(StoreError);
  });
});

const checkpoint: Checkpoint = {
  organization: 'org-1',
  segment: 2,
  firstSequence: 4,
  treeSize: 8,
  rootHash: 'a'.repeat(64),
  segmentRoot: 'b'.repeat(64),
  lastLineSha256: 'c'.repeat(64),
  previousCheckpointSha256: 'd'.repeat(64),
  time: '2026-01-05T08:01:00.000Z',
};
const jws = await signCheckpoint(checkpoint, service.signer);

/** A JWS by the service's own key with header and payload of another's choice. */
const signedAs = (header: object, payload: unknown) =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({
      alg: 'ES256',
      kid: service.signer.publicKey.kid,
      typ: 'escrow-checkpoint+jwt',
      ...header,
    })
    .sign(service.privateKey);

const header = { alg: 'ES256', kid: service.signer.publicKey.kid, typ: 'escrow-checkpoint+jwt' };
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWS by the service's own key over a text. */
const signedText = (text: string) =>
  new CompactSign(Buffer.from(text)).setProtectedHeader(header).sign(service.privateKey);
const signedBy = ({ privateKey }: typeof service, more: object) =>
  new CompactSign(Buffer.from(JSON.stringify(checkpoint)))
    .setProtectedHeader({ ...header, ...more })
    .sign(privateKey);
const unsigned = (more: object) => `${encoded({ ...header, ...more })}.${encoded(checkpoint)}.`;

/** What no library makes. */
function handMade(more: object): string {
  const signed = `${encoded({ ...header, ...more })}.${encoded(checkpoint)}`;
  const key = { key: service.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** What verifiers took that used the key for whatever algorithm the header names. */
function macByPublicKey(): string {
  const signed = `${encoded({ ...header, alg: 'HS256' })}.${encoded(checkpoint)}`;
  const mac = createHmac('sha256', JSON.stringify(service.signer.publicKey)).update(signed);
  return `${signed}.${mac.digest('base64url')}`;
}

describe('a checkpoint', () => {
  it('verifies as what was signed, and is known by the SHA-256 of its text', async () => {
    expect(await verifyCheckpoint(jws, service.jwks)).toEqual(checkpoint);
    expect(readCheckpoint(jws)).toEqual(checkpoint);
    expect(checkpointSha256(jws)).toBe(createHash('sha256').update(jws).digest('hex'));
  });

  it('leaves out what this version does not know', async () => {
    expect(await verifyCheckpoint(await signedAs({}, { ...checkpoint, more: 1 }), service.jwks)).toEqual(
      checkpoint,
    );
  });

  it('verifies however it was made', async () => {
    expect(await verifyCheckpoint(handMade({}), service.jwks)).toEqual(checkpoint);
  });

  it('is found under a retired key', async () => {
    const keys = { keys: [...stranger.jwks.keys, ...service.jwks.keys] };
    expect(await verifyCheckpoint(jws, keys)).toEqual(checkpoint);
  });

  it('by an unknown key is told from one that is false', async () => {
    await expect(verifyCheckpoint(jws, stranger.jwks)).rejects.toMatchObject({
      code: 'checkpoint-key-unknown',
    });
    const impostor = {
      keys: stranger.jwks.keys.map((key) => ({ ...key, kid: service.signer.publicKey.kid })),
    };
    await expect(verifyCheckpoint(jws, impostor)).rejects.toMatchObject({ code: 'checkpoint-invalid' });
  });

  it.each<[string, () => string | Promise<string>]>([
    ['of another type', () => signedAs({ typ: 'escrow-receipt+jwt' }, checkpoint)],
    ['without a signature', () => unsigned({ alg: 'none' })],
    ['by an HMAC under the public key', () => macByPublicKey()],
    ['under a key that it brings along', () => signedBy(stranger, { jwk: stranger.jwks.keys[0] })],
    [
      'that says one thing twice',
      () => signedText(JSON.stringify(checkpoint).replace('{', '{"treeSize":9,')),
    ],
    ['with blanks in it', () => signedText(JSON.stringify(checkpoint, null, 1))],
    ['in a payload that is not encoded', () => handMade({ b64: false, crit: ['b64'] })],
    ['with an extension that nobody knows', () => handMade({ crit: ['exp'], exp: 1 })],
    ['of no type', () => signedAs({ typ: undefined }, checkpoint)],
    ['that names no key', () => signedAs({ kid: undefined }, checkpoint)],
    ['that says too little', () => signedAs({}, { ...checkpoint, rootHash: undefined })],
    ['over lines that end before they begin', () => signedAs({}, { ...checkpoint, treeSize: 3 })],
    ['of a size that is none', () => signedAs({}, { ...checkpoint, treeSize: 8.5 })],
    ['of a time that is none', () => signedAs({}, { ...checkpoint, time: 'now' })],
    ['in another spelling', () => `${jws.slice(0, -1)}${jws.endsWith('A') ? 'B' : 'A'}`],
    ['with a newline', () => `${jws}\n`],
    ['of two parts', () => jws.split('.').slice(0, 2).join('.')],
    ['of nothing', () => ''],
  ])('%s is refused', async (_name, make) => {
    await expect(verifyCheckpoint(await make(), service.jwks)).rejects.toMatchObject({
      code: 'checkpoint-invalid',
    });
  });

  it('passes for no receipt', async () => {
    const keys = parseReceiptKeys(service.jwks);
    await expect(verifyReceipt(jws, keys)).rejects.toMatchObject({ code: 'receipt-invalid' });
  });

  it('is not signed where it would not verify', async () => {
    const wrong = { ...checkpoint, rootHash: 'A'.repeat(64) };
    await expect(signCheckpoint(wrong, service.signer)).rejects.toThrow(InternalError);
    await expect(signCheckpoint({ ...checkpoint, treeSize: 3 }, service.signer)).rejects.toThrow(
      InternalError,
    );
    const broken = {
      ...service.signer,
      sign: async (message: Uint8Array) =>
        sign('sha256', message, { key: stranger.privateKey, dsaEncoding: 'ieee-p1363' }),
    };
    await expect(signCheckpoint(checkpoint, broken)).rejects.toMatchObject({ code: 'proof-failed' });
  });
});

const { lines } = await makeLedger(service, { segments: [3, 2] });

describe('a segment', () => {
  const three = lines.slice(0, 3);
  const written = writeSegment({ lines: three, checkpoint: jws });

  it('is its lines and its checkpoint, a line each, and is read as that', () => {
    expect(written).toBe(`${three.join('\n')}\n{"checkpoint":"${jws}"}\n`);
    expect(readSegment(Buffer.from(written))).toEqual({ lines: three, checkpoint: jws });
    expect(parseCheckpointLine(Buffer.from(checkpointLine(jws)))).toBe(jws);
  });

  it.each([
    ['without its last newline', written.slice(0, -1)],
    ['with an empty line at its end', `${written}\n`],
    ['with an empty line in it', written.replace('\n', '\n\n')],
    ['with CR LF', written.replaceAll('\n', '\r\n')],
    ['without its checkpoint', `${three.join('\n')}\n`],
    ['with its checkpoint alone', `{"checkpoint":"${jws}"}\n`],
    ['with a checkpoint in between', `{"checkpoint":"${jws}"}\n${written}`],
    ['with a checkpoint and more', written.replace('"}\n', '","more":1}\n')],
    ['with a blank in its checkpoint', written.replace('{"checkpoint":', '{ "checkpoint":')],
    ['of nothing', ''],
    ['of NULs', '\0'.repeat(1_000)],
  ])('%s is refused', (_name, content) => {
    expect(() => readSegment(Buffer.from(content))).toThrow(
      expect.objectContaining({ code: 'ledger-unreadable' }),
    );
  });

  it('is not written where it would not be read', () => {
    for (const wrong of [[], ['x'], ['']]) {
      expect(() => writeSegment({ lines: wrong, checkpoint: jws })).toThrow(InternalError);
    }
    expect(() => writeSegment({ lines: three, checkpoint: 'a"b' })).toThrow(InternalError);
  });

  it('has a name by its number', () => {
    expect(segmentName(1)).toBe('000000001.jsonl');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (number) => {
        expect(segmentNumber(segmentName(number))).toBe(number);
      }),
    );
    for (const other of [
      '1.jsonl',
      '000000000.jsonl',
      '0000000001.jsonl',
      '000000001.json',
      ' 00000001.jsonl',
      '-00000001.jsonl',
    ]) {
      expect(segmentNumber(other)).toBeUndefined();
    }
  });

  it('has a checkpoint over lines that follow what is sealed, and over no others', () => {
    const told = { organization: 'org-1', time: checkpoint.time };
    const before = nothingSealed();
    const made = nextCheckpoint(before, three, told);
    expect(made.checkpoint).toMatchObject({
      segment: 1,
      firstSequence: 1,
      treeSize: 3,
      time: checkpoint.time,
    });
    expect(before.frontier.size).toBe(0);
    const { segment, lastLineSha256 } = made.checkpoint;
    const sealed = { segment, lastLineSha256, frontier: made.frontier, checkpointSha256: 'e'.repeat(64) };
    const next = nextCheckpoint(sealed, lines.slice(3), told).checkpoint;
    expect(next).toMatchObject({ segment: 2, firstSequence: 4, previousCheckpointSha256: 'e'.repeat(64) });
    const wrong = [
      [],
      lines.slice(4),
      lines.slice(3).reverse(),
      three,
      new Array(mostLines + 1).fill(lines[3]),
    ];
    for (const each of wrong) expect(() => nextCheckpoint(sealed, each, told)).toThrow(InternalError);
    const others = { ...told, organization: 'org-2' };
    expect(() => nextCheckpoint(sealed, lines.slice(3), others)).toThrow(InternalError);
  });
});
