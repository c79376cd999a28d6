import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutputFolder } from '#local/demo/folders.ts';
import {
  ledgerCommands,
  nextCommands,
  policyRefusals,
  refusedLines,
  requestLines,
  residentInKms,
  table,
  tokenRefusals,
} from '#local/demo/report.ts';
import type { SummaryEntry } from '#local/demo/summary.ts';

function entryOf(changed: Partial<SummaryEntry>): SummaryEntry {
  return {
    enrollmentId: 'enr_1',
    subscriberId: 'eva.lund',
    familyName: 'Lund',
    purpose: 'identity',
    label: 'caUserCert_keyPair',
    keySpec: 'ECC_NIST_P256',
    custody: 'software',
    exportable: true,
    status: 'ready',
    files: {},
    ...changed,
  };
}

const files = {
  csr: 'eva.lund/lund_Enroll_ID.csr.pem',
  pfx: 'eva.lund/lund_Enroll_ID.pfx',
  receipt: 'eva.lund/lund_Enroll_ID.receipt.jws',
  password: 'eva.lund/lund_Enroll_ID.password.txt',
};
const refusal = {
  code: 'export-refused',
  reason: 'It must stay where it was made.',
  contact: 'help@example.org',
} as const;

describe('the table', () => {
  it('tells of each enrollment what became of it', () => {
    const escrow = { state: 'active', backupId: 'b', pfxSha256: 'c', objectVersion: 'd' } as const;
    const lines = table([
      entryOf({ files }),
      entryOf({ exportable: false, refusal }),
      entryOf({ purpose: 'encryption', files, escrow }),
      entryOf({ status: 'awaiting-subscriber' }),
    ]).split('\n');
    expect(lines.map((line) => line.split(/ {2,}/).slice(5).join('|'))).toEqual([
      'STATUS|OWN COPY|ESCROW',
      'ready|proved|-',
      'ready|refused|-',
      'ready|proved|active',
      'awaiting-subscriber|-|-',
    ]);
  });

  it('stands in columns, whatever the script of a name', () => {
    const names = ['王', 'Παπαδοπούλου', 'Nu\u0301n\u0303ez', "O'Brien"];
    const lines = table(names.map((familyName) => entryOf({ familyName }))).split('\n');
    // What a terminal shows: two columns for a wide character, none for a mark.
    const shown = lines.map((line) => line.replace('王', 'xx').replaceAll(/\p{M}/gu, ''));
    expect(new Set(shown.map((line) => line.search(/PURPOSE|identity/))).size).toBe(1);
  });
});

describe('the refusals by policy', () => {
  it('say why, and whom to ask', () => {
    expect(policyRefusals([entryOf({ refusal }), entryOf({})])).toBe(
      'Refused by policy:\n  eva.lund, identity: It must stay where it was made. Ask help@example.org.',
    );
  });

  it('are not mentioned where there are none', () => {
    expect(policyRefusals([entryOf({})])).toBe('');
  });
});

describe('the refused rows', () => {
  const row = { row: 3, field: 'email', why: 'is empty', next: 'Fill it in.' };

  it('are a line each', () => {
    expect(refusedLines('a.csv', [row])).toEqual(['a.csv, row 3, email: is empty. Fill it in.']);
  });

  it('are counted only, where nobody would read them', () => {
    const lines = refusedLines('a.csv', Array(65_000).fill(row));
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toBe('a.csv: 64800 more of the kind. Check that it is the right file.');
  });
});

describe('the refused requests', () => {
  it.each([
    ['enrollment-refused', 'Policy does not allow this enrollment. Ask the named contact.'],
    [
      'idempotency-mismatch',
      'It is not what an earlier run asked for; that enrollment stands as it was. Undo',
    ],
    ['odd', 'It was refused. Correct it and run again.'],
  ])('say why in words, then the code: %s', (code, words) => {
    const [line] = requestLines([{ eventId: 'eva.identity', code }]);
    expect(line).toContain(`request eva.identity: ${words}`);
    expect(line?.endsWith(` (${code})`)).toBe(true);
  });
});

describe('a file of the output folder', () => {
  const shown = (path: string, environment: Record<string, string>) =>
    new OutputFolder('out').shown(path, environment);
  const out = resolve('out');

  it.each([
    ['by its way from there, in the working folder', {}, 'out/a.pfx'],
    ['by its way from there, below it', { npm_lifecycle_event: 'demo', INIT_CWD: out }, 'a.pfx'],
    ['in full, beside it', { npm_lifecycle_event: 'demo', INIT_CWD: resolve('test') }, join(out, 'a.pfx')],
    ['as ever, under another script', { npm_lifecycle_event: 'test', INIT_CWD: out }, 'out/a.pfx'],
  ])('is named as whoever stands there would name it: %s', (_how, environment, name) => {
    expect(shown('a.pfx', environment)).toBe(name);
  });
});

describe('what a token answered', () => {
  const answered = (subscriberId: string, tokenAnswers: Record<string, string>) =>
    entryOf({ subscriberId, custody: 'pkcs11', exportable: false, tokenAnswers });
  const ofEc = { 'read CKA_VALUE': 'CKR_ATTRIBUTE_SENSITIVE', 'wrap it': 'CKR_NO' };
  const ofRsa = { 'read CKA_PRIVATE_EXPONENT': 'CKR_NO', 'wrap it': 'CKR_NO' };

  it('stands once for the keys that it answered alike, and each answer once', () => {
    const lines = tokenRefusals([
      answered('a', ofEc),
      answered('b', ofRsa),
      entryOf({}),
      answered('c', ofEc),
    ]);
    expect(lines.split('\n').slice(1)).toEqual([
      '  a, identity; c, identity',
      '    CKR_ATTRIBUTE_SENSITIVE  to read CKA_VALUE',
      '    CKR_NO                   to wrap it',
      '  b, identity',
      '    CKR_NO  to read CKA_PRIVATE_EXPONENT, wrap it',
    ]);
  });

  it('is not mentioned where no token was asked', () => {
    expect(tokenRefusals([entryOf({})])).toBe('');
  });
});

describe('the keys that stay in AWS KMS', () => {
  it('are named, once they are made, and those alone', () => {
    const stays = { custody: 'kms', exportable: false } as const;
    const made = { csr: 'a.csr.pem' };
    const entries = [
      entryOf({ ...stays, subscriberId: 'a', files: made }),
      entryOf({ ...stays, subscriberId: 'waits' }),
      entryOf({ custody: 'kms', files: made }),
      entryOf({ exportable: false, files: made }),
      entryOf({ ...stays, subscriberId: 'b', files: made }),
    ];
    const lines = residentInKms(entries, { kind: 'aws' });
    expect(lines).toMatch(/^Made in AWS KMS, .*: a, identity; b, identity\.$/);
    expect(residentInKms([entryOf({})], { kind: 'aws' })).toBe('');
  });

  it.each([
    [
      { kind: 'endpoint', where: 'http://127.0.0.1:9' },
      /^Made at http:\/\/127\.0\.0\.1:9\. .* is not known here: a/,
    ],
    [{ kind: 'stand-in', where: 'data/keys' }, /^Made in the stand-in\. .* lie in clear in data\/keys: a/],
  ] as const)('are said to be no safer than they are: %j', (place, words) => {
    const entry = entryOf({ custody: 'kms', exportable: false, subscriberId: 'a', files });
    expect(residentInKms([entry], place)).toMatch(words);
    expect(residentInKms([entry], place)).not.toContain('Made in AWS KMS');
    const commands = nextCommands([entry], new OutputFolder('/tmp/out'), { data: '/tmp/data' }, place);
    expect(commands).toContain('Try next, with a key that the service gives to nobody:');
  });
});

describe('the next commands', () => {
  const folders = { data: '/tmp/data' };
  const resident = entryOf({ custody: 'pkcs11', exportable: false, files: { csr: files.csr } });

  it('name real files, quoted for a shell where they must be', () => {
    const commands = nextCommands([entryOf({}), entryOf({ files })], new OutputFolder("/tmp/o'ut"), folders);
    expect(commands).toContain(
      `-in '/tmp/o'\\''ut/${files.pfx}' -passin file:'/tmp/o'\\''ut/${files.password}'`,
    );
    expect(commands).toContain(`escrow -- verify '/tmp/o'\\''ut/${files.pfx}' --password-file`);
    expect(commands).toContain(`--jwks '/tmp/o'\\''ut/jwks.json'`);
    expect(commands).not.toContain('never leaves');
  });

  it('verify the ledger, by the keys beside it', () => {
    expect(ledgerCommands(new OutputFolder("/tmp/o'ut"))).toContain(
      `\n  npm run --silent escrow -- ledger verify '/tmp/o'\\''ut/ledger' --jwks '/tmp/o'\\''ut/jwks.json'`,
    );
  });

  it('verify the request of a key that never leaves, and look into its token', () => {
    const out = new OutputFolder('/tmp/out');
    expect(nextCommands([resident], out, folders)).toBe(
      `Try next, with a key that never leaves:
  openssl req -verify -noout -subject -in /tmp/out/${files.csr}
  npm run --silent escrow -- token show --data /tmp/data`,
    );
    const elsewhere = nextCommands([{ ...resident, custody: 'kms' }], out, folders);
    expect(elsewhere).toContain('openssl req -verify');
    expect(elsewhere).not.toContain('token show');
  });

  it.each([
    [{ label: 'my token' }, "--token 'my token'"],
    [{ serial: '0123' }, '--serial 0123'],
  ])('name the token of the operator: %j', (token, option) => {
    const settings = { ...folders, token: { module: '/lib/p11.so', token, pin: 'env:PIN' } };
    expect(nextCommands([resident], new OutputFolder('/tmp/out'), settings)).toContain(
      `escrow -- token show --module /lib/p11.so ${option} --pin env:PIN`,
    );
  });

  it('are none where there is no file to try', () => {
    expect(nextCommands([entryOf({})], new OutputFolder('/tmp/out'), folders)).toBe('');
  });
});
