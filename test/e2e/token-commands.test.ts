import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPkcs11Provider } from '#adapters/pkcs11/pkcs11-provider.ts';
import { createSoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { Secret } from '#domain/secret.ts';
import { openKeys } from '#local/open-keys.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { interposedToken } from '#test/doubles/pkcs11-interposer/interposed-token.ts';
import { outputOf } from '#test/support/program.ts';
import { dialogue } from '#test/unit/cli/dialogue.ts';
import { processShell, type Ran, type Shell, shell } from '#test/unit/cli/shell.ts';

// The commands on tokens, run as a person runs them, on tokens of SoftHSM.

const pin = '87654321';
const soPin = '12348765';
const wrongPin = '55556666';

/** Runs a command. What it says must hold none of the PINs. */
async function run({ run: runLine }: Shell, line: string, input?: string): Promise<Ran> {
  const ran = await runLine(line, input);
  for (const secret of [pin, soPin, wrongPin]) expect(ran.stdout + ran.stderr).not.toContain(secret);
  return ran;
}

/** Runs a command that must end well. @returns the JSON that it printed */
async function told(own: Shell, line: string) {
  const { status, stdout, stderr } = await run(own, `${line} --json`);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('a token in a data folder', () => {
  const own = shell();

  it('is made with its settings and its PINs, which nobody else can read', async () => {
    const { status, stdout, stderr } = await run(own, 'escrow token init --data d');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /^enrollment-key-escrow \(SoftHSM v2, serial \w+, firmware 2\.\d\) is init/,
      ),
    });
    expect(stderr).toContain(`\n  escrow token probe --data ${own.path('d')}\n`);
    expect(stderr).toContain(`npm start -- --data ${own.path('d')} --keys pkcs11`);
    for (const file of ['pin', 'so-pin', 'softhsm2.conf']) expect(own.mode(`d/token/${file}`)).toBe(0o600);
    const { stdout: shown } = await own.run('escrow token show --data d');
    expect(shown + stdout + stderr).not.toContain(own.read('d/token/pin').toString());
    expect(shown).toContain('It holds no private and no secret key.');
  });

  it('is not made twice', async () => {
    const before = own.read('d/token/pin');
    const { status, stderr } = await run(own, 'escrow token init --data d');
    expect({ status, before }).toEqual({ status: 2, before: own.read('d/token/pin') });
    expect(stderr).toContain('--data: the token enrollment-key-escrow is initialized already');
  });

  it('is the one that the service opens, and shows its keys', async () => {
    await (await openKeys({ keys: 'pkcs11' }, own.path('d'))).close();
    const { status, stdout, stderr } = await run(own, 'escrow token show --data d');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^Token: enrollment-key-escrow .*, the only one\nTo have .*: escrow token show KEY --challenge\n$/,
      ),
    });
    for (const label of ['custody', 'mac', 'binding', 'receipt']) {
      expect(stdout).toMatch(new RegExp(`escrow-${label} .* never leaves, made inside`));
    }
    expect((await told(own, 'escrow token list --data d')).slots).toHaveLength(2);
  });

  it('can do everything', async () => {
    const { status, stdout, stderr } = await run(own, 'escrow token probe --data d --json', '');
    expect(status).toBe(0);
    expect(stderr).toContain('Trying what the token can do, on keys that are thrown away ...\n');
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(['library', 'slot', 'mechanisms', 'needs', 'missing']);
    expect(report.missing).toEqual([]);
    expect(report.needs[0]).toEqual({
      ...{ need: expect.stringContaining('RSA_2048'), serves: 'resident keys', spec: 'RSA_2048' },
      ...{ tried: true, works: true, strategy: expect.any(String), milliseconds: expect.any(Number) },
    });
  });

  it.each([
    ['list --data nothing', 2, '--data: there is no token in it'],
    ['init --data e --label other', 2, '--label does not go with --data'],
    ['init --data e --pin file:x', 2, 'With --data the PINs are made'],
    ['init', 2, '--label must name the token, or --data'],
    ['init --label x --pin 87654321', 2, '--pin: it does not say where the PIN is.'],
    ['init --label x --generate-pins-to p --so-pin file:x', 2, '--generate-pins-to makes both PINs'],
    ['show --data d --challenge', 2, '--challenge is of one key'],
    ['show --data d --pin 55556666', 2, '--pin: it does not say where the PIN is.'],
    ['show --data d ffffffff', 1, 'KEY: the token has no such key'],
    ['list --module nothing.so', 1, '--module: there is no file at nothing.so. Name the library of'],
    ['list --module .', 1, 'cannot read file data: Is a directory. Name the library of'],
    [`init --label ${'x'.repeat(33)}`, 2, '--label: must be of 1 to 32 bytes'],
  ])('says what is wrong: escrow token %s', async (words, status, why) => {
    const ran = await run(own, `escrow token ${words}`);
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status, stdout: '' });
    expect(ran.stderr).toContain(why);
    expect(own.list()).toEqual(['d']);
  });
});

describe('tokens of a library', () => {
  const own = processShell({ SOFTHSM2_CONF: 'softhsm2.conf' });

  beforeAll(() => {
    mkdirSync(own.path('tokens'));
    own.write('softhsm2.conf', `directories.tokendir = ${own.path('tokens')}\n`);
    own.write('pin', `${pin}\n`);
    own.write('so-pin', soPin);
    own.write('open', pin, 0o644);
  });

  it('are none at first, and say how to make one', async () => {
    const { status, stdout, stderr } = await run(own, 'escrow token list');
    expect(status).toBe(0);
    expect(stdout).toContain('(blank)');
    expect(stderr).toMatch(
      /^Library: .*libsofthsm2\.so \(SoftHSM, by softhsm2\.conf; --module names another\)$/m,
    );
    expect(stderr).toContain('No token is initialized yet: escrow token init');
    expect((await run(own, 'escrow token show --pin file:pin')).stderr).toContain('See its slots by');
  });

  it('have no state of a PIN in JSON where there is none', async () => {
    const { slots } = await told(own, 'escrow token list');
    expect(slots[0].token).toMatchObject({ initialized: false, pinState: null, soPinState: null });
  });

  it('are initialized under PINs from files, and another program sees them', async () => {
    const { status, stderr } = await run(
      own,
      'escrow token init --label office --pin file:pin --so-pin file:so-pin',
    );
    expect(status).toBe(0);
    expect(stderr).toContain('\nIt becomes office.\n');
    expect(stderr).toContain(`--token-label office --token-pin file:${own.path('pin')}`);
    const { stdout } = await own.run('softhsm2-util --show-slots');
    expect(stdout).toMatch(/Label:\s+office\s/);
  });

  it('are not initialized again, by label or by slot', async () => {
    const options = '--pin file:pin --so-pin file:so-pin';
    const [{ slot }] = (await told(own, 'escrow token list')).slots;
    const byLabel = await run(own, `escrow token init --label office ${options}`);
    const bySlot = await run(own, `escrow token init --label other --slot ${slot} ${options}`);
    expect([byLabel.status, bySlot.status]).toEqual([2, 2]);
    expect(bySlot.stderr).toContain('it holds a token that is initialized already, labelled office');
    expect((await told(own, 'escrow token list')).slots).toHaveLength(2);
  });

  it('get generated PINs in files that are kept when the initialization fails', async () => {
    own.write('short', '12');
    const failed = await run(own, 'escrow token init --label x --pin file:pin --so-pin file:short');
    expect(failed).toMatchObject({ status: 2, stdout: '' });
    expect(failed.stderr).toMatch(/^The token in slot \d+ .* is blank\.$/m);
    expect(failed.stderr).not.toContain('becomes');
    expect(failed.stderr).toContain('--so-pin: must be of 4 to 255 bytes on this token');
    const made = await told(own, 'escrow token init --label generated --generate-pins-to pins');
    expect(made).toMatchObject({ token: { label: 'generated', initialized: true, pinInitialized: true } });
    expect([own.mode('pins/pin'), own.mode('pins/so-pin')]).toEqual([0o600, 0o600]);
    expect(await told(own, 'escrow token show --token generated --pin file:pins/pin')).toMatchObject({
      keys: [],
    });
    const again = await run(own, 'escrow token init --label again --generate-pins-to pins');
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('(refuses-to-overwrite)') });
  });

  it('are told apart by serial number where two have one label', async () => {
    const line = `softhsm2-util --init-token --free --label twin --so-pin ${soPin} --pin ${pin}`;
    for (const each of [line, line]) expect((await own.run(each)).status).toBe(0);
    const several = await run(own, 'escrow token show --pin file:pin');
    expect(several).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the library has several tokens'),
    });
    const { status, stderr } = await run(own, 'escrow token show --token twin --pin file:pin');
    expect(status).toBe(2);
    const [, serial] =
      /several tokens have this label\. Name one by --serial: twin \(serial (\w+)\)/.exec(stderr) ?? [];
    const shown = await told(own, `escrow token show --serial ${serial} --pin file:pin`);
    expect(shown.slot.token).toMatchObject({ label: 'twin', serial });
  });

  it('are refused where none has the name, with those that are there', async () => {
    const { status, stderr } = await run(own, 'escrow token probe --token ofice --pin file:pin');
    expect(status).toBe(2);
    expect(stderr).toMatch(/--token: the library has no such token\. It has (?=.*office \(serial)/);
  });

  it('ask for a PIN at a terminal, only where there is one', async () => {
    const { status, stderr } = await run(own, 'escrow token show --token office');
    expect({ status, why: /There is no terminal to ask for the PIN on/.test(stderr) }).toEqual({
      status: 2,
      why: true,
    });
    const environment = { SOFTHSM2_CONF: 'softhsm2.conf' };
    const typed = await dialogue(
      own,
      'escrow token show --token office',
      [['office: ', `${pin}\r`]],
      environment,
    );
    expect(typed).toMatchObject({
      status: 0,
      screen: expect.stringContaining('no private and no secret key'),
    });
    const init = await dialogue(
      own,
      'escrow token init --label typed',
      [
        ['New PIN of the token: ', `${pin}\r`],
        ['again: ', `${pin}\r`],
        ["New PIN of the token's security officer: ", `${soPin}\r`],
        ['again: ', `${wrongPin}\r`],
      ],
      environment,
    );
    expect(init).toMatchObject({ status: 2, screen: expect.stringContaining('The two were not the same.') });
    expect(typed.screen + init.screen).not.toMatch(new RegExp(`${pin}|${soPin}|${wrongPin}`));
  });
});

describe('SoftHSM without settings of its own', () => {
  const own = processShell({ SOFTHSM2_CONF: 'nowhere.conf' });

  it('is not started, and what it answered is said', async () => {
    const { status, stderr } = await run(own, 'escrow token list');
    expect(status).toBe(1);
    expect(stderr).toMatch(/CKR_GENERAL_ERROR.*SOFTHSM2_CONF/);
  });
});

// Behind a library that counts its calls, and misbehaves as told.
const folder = mkdtempSync(join(tmpdir(), 'escrow-token-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const token = await interposedToken(
  await createSoftHsmToken({
    ...{ folder: join(folder, 'token'), label: 'office' },
    ...{ pin: Secret.fromText(pin), soPin: Secret.fromText(soPin) },
  }),
);
// SoftHSM finds its tokens by the environment of the process that has it.
Object.assign(process.env, token.environment);
const own = shell({ ESCROW_TOKEN_MODULE: token.module });

describe('a token that holds keys', () => {
  let residentId = '';

  beforeAll(async () => {
    own.write('pin', pin);
    own.write('wrong', wrongPin);
    own.write('open', pin, 0o644);
    const { module, environment } = token;
    const login = { module, environment, token: token.token, pin: async () => Secret.fromText(pin) };
    const provider = await openPkcs11Provider(login);
    const residentKeys = present(provider.residentKeys);
    await residentKeys.generate('one', 'ECC_NIST_P256', identityContext);
    await residentKeys.generate('two', 'ECC_NIST_P256', encryptionContext);
    await provider.close();
  });

  it('shows what each is for and how it is kept, as JSON too', async () => {
    const { slot, keys } = await told(own, 'escrow token show --pin file:pin');
    expect(slot.token.label).toBe('office');
    const purposes = keys.map(({ purpose }: { purpose: string }) => purpose).sort();
    expect(purposes).toEqual(['binding', 'custody', 'encryption', 'identity', 'mac', 'receipt']);
    const identity = keys.find(({ purpose }: { purpose: string }) => purpose === 'identity');
    expect(identity).toEqual({
      ...{
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        label: 'caUserCert_keyPair',
        kind: 'private',
        type: 'EC',
      },
      ...{ spec: 'ECC_NIST_P256', publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ...{ sensitive: true, extractable: false, alwaysSensitive: true, neverExtractable: true },
      ...{ madeInToken: true, uses: ['sign'], purpose: 'identity', wrong: [] },
    });
    residentId = identity.id;
    const byPublicKey = `escrow token show ${identity.publicKeySha256.slice(0, 12)} --pin file:pin`;
    expect((await told(own, byPublicKey)).keys).toEqual([identity]);
  });

  it('refuses to give up the key that it is challenged for, by its own answers', async () => {
    const line = `escrow token show ${residentId.slice(0, 10)} --challenge --pin file:pin`;
    const { status, stdout } = await run(own, line);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^read CKA_VALUE +CKR_ATTRIBUTE_SENSITIVE +refused$/m);
    expect(stdout).toMatch(/^wrap it by CKM_AES_KEY_WRAP_PAD +CKR_KEY_UNEXTRACTABLE +refused$/m);
    expect(stdout).toMatch(/^set CKA_EXTRACTABLE true +CKR_ATTRIBUTE_READ_ONLY +refused$/m);
    expect(stdout).toMatch(/\n\nThe token itself refused all \d+ tries: this key does not leave it/);
    const { challenge } = await told(own, line);
    expect(challenge.every(({ refused }: { refused: boolean }) => refused)).toBe(true);
  });

  it.each(['receipt', 'custody'])("refuses to give up the service's own key: %s", async (name) => {
    expect((await run(own, `escrow token show escrow-${name} --challenge --pin file:pin`)).status).toBe(0);
  });

  it('says loudly of a key that can leave that it can, and shows that it does', async () => {
    await outputOf(
      'pkcs11-tool',
      [
        ...['--module', token.module, '--login', '--pin', 'env:TOKEN_PIN', '--keypairgen', '--key-type'],
        ...['EC:prime256v1', '--extractable', '--label', 'caUserCert_keyPair', '--id', 'abcd'],
      ],
      '',
      { ...token.environment, TOKEN_PIN: pin },
    );
    const all = await run(own, 'escrow token show --pin file:pin');
    expect(all.status).toBe(1);
    expect(all.stdout).toContain('CAN BE TAKEN OUT, made inside');
    expect(all.stdout).toMatch(
      /^WRONG: 1 key is not as the service makes them\.\n {2}caUserCert_keyPair abcd: /m,
    );
    expect(all.stderr).toContain('NOT ALL IS AS IT MUST BE');
    const one = await run(own, 'escrow token show abcd --challenge --pin file:pin');
    expect(one.status).toBe(1);
    expect(one.stdout).toMatch(/^wrap it by CKM_AES_KEY_WRAP_PAD +CKR_OK +LET THROUGH$/m);
    expect(one.stdout).toMatch(/THE TOKEN LET \d OF \d TRIES THROUGH/);
  });
});

describe('the PIN of a token', () => {
  it('is tried once when it is wrong, and is said to be', async () => {
    const before = token.calls('C_Login');
    const { status, stdout, stderr } = await run(own, 'escrow token show --pin file:wrong');
    expect({ status, stdout, tries: token.calls('C_Login') - before }).toEqual({
      status: 1,
      stdout: '',
      tries: 1,
    });
    expect(stderr).toMatch(/--pin: the token refused the PIN, which was tried once \(CKR_PIN_INCORRECT\)\./);
    const listed = await run(own, 'escrow token list');
    expect(listed.stdout).toMatch(/^\d+ +office .* FEW TRIES LEFT$/m);
    expect(listed.stdout).toContain('Make sure of the PIN before it is tried again');
    expect((await run(own, 'escrow token show escrow-mac --pin file:pin')).status).toBe(0);
    expect((await run(own, 'escrow token list')).stdout).toMatch(/^\d+ +office .* ok$/m);
  });

  it.each([
    ['show', [['office: ', '\r']]],
    ['probe', [['office: ', '\r']]],
    [
      'init --label other',
      [
        ['New PIN of the token: ', '\r'],
        ['again: ', '\r'],
      ],
    ],
  ] as const)('is not tried where nothing is typed: escrow token %s', async (words, answers) => {
    const tries = () => token.calls('C_Login') + token.calls('C_InitToken');
    const before = tries();
    const environment = { ...token.environment, ESCROW_TOKEN_MODULE: token.module };
    const typed = await dialogue(own, `escrow token ${words}`, answers, environment);
    expect({ status: typed.status, tries: tries() - before }).toEqual({ status: 2, tries: 0 });
    expect(typed.screen).toContain('No PIN was entered, and none was tried.');
    expect(typed.screen).not.toContain('becomes');
  });

  it.each([
    ['file:open', 'can be read by others in open. Run: chmod 600 open'],
    ['file:nowhere', 'cannot be read from nowhere'],
    ['env:NO_SUCH_PIN', 'is not there: the variable NO_SUCH_PIN is not set. Set it.'],
  ])('is not tried where it is not as it must be: %s', async (source, why) => {
    const before = token.calls('C_Login');
    const { status, stderr } = await run(own, `escrow token probe --pin ${source}`);
    expect({ status, tries: token.calls('C_Login') - before }).toEqual({ status: 1, tries: 0 });
    expect(stderr).toContain(`--pin: ${why}`);
  });
});

describe('a token that lacks something', () => {
  it('is probed, and what is missing is said, and what that means', async () => {
    token.tell('C_WrapKey: return CKR_KEY_NOT_WRAPPABLE');
    const { status, stdout } = await run(own, 'escrow token probe --pin file:pin --mechanisms');
    token.tell();
    expect(status).toBe(3);
    expect(stdout).toMatch(/^wrap private keys at rest .* FAILED +\d+ ms +.*CKR_KEY_NOT_WRAPPABLE/m);
    expect(stdout).toMatch(/^Missing\n(?: {2}.*\n)* {2}wrap private keys at rest .*: .*\.$/m);
    expect(stdout).toContain('  No exportable keys, so no backups and no copies of them');
    expect(stdout).toMatch(/^CKM_ECDSA +0x1041 /m);
  });

  it('may have a library that crashes, which takes only the question along', async () => {
    token.tell('C_GetSlotList: crash');
    const { status, stderr } = await run(own, 'escrow token list');
    token.tell();
    expect(status).toBe(1);
    expect(stderr).toMatch(/The token's library ended unexpectedly \(SIG\w+\)\. Look at the token/);
  });
});
