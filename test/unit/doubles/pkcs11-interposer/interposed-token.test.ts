import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { Secret } from '#domain/secret.ts';
import { buildInterposer } from '#test/doubles/pkcs11-interposer/build.ts';
import { type InterposedToken, interposedToken } from '#test/doubles/pkcs11-interposer/interposed-token.ts';
import { runProgram } from '#test/support/program.ts';
import { CKF_SERIAL_SESSION, CKM_ECDSA, keysLabelled, resultOf, type TokenUser, userOf } from './user.ts';

const pin = '1234';
let folder: string;
let token: InterposedToken;
let user: TokenUser | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-interposer-'));
  const secrets = { pin: Secret.fromText(pin), soPin: Secret.fromText('12345678') };
  token = await interposedToken(await createSoftHsmToken({ folder, label: 'interposed', ...secrets }));
});
afterEach(async () => {
  token.tell();
  leave();
  await rm(folder, { recursive: true, force: true });
});

async function enter(): Promise<TokenUser> {
  user = await userOf({ ...token, pin });
  return user;
}

function leave(): void {
  user?.leave();
  user = undefined;
}

/** Uses the token in a process of its own, which may die. */
function useElsewhere(work: { keys: string[]; signatures: number }) {
  const settings = JSON.stringify({ module: token.module, environment: token.environment, pin, ...work });
  return runProgram(process.execPath, [join(import.meta.dirname, 'children/use-token.ts'), settings]);
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the interposer', () => {
  it('is built once, however many want it at a time', async () => {
    const paths = await Promise.all([buildInterposer(), buildInterposer(), buildInterposer()]);
    expect(new Set([...paths, token.module]).size).toBe(1);
  });

  it('passes calls on, and counts them', async () => {
    const { make, sign } = await enter();
    const key = await make('passing');
    expect((await sign(key)).length).toBe(64);
    await sign(key);
    expect(token.results('C_Sign')).toEqual(['CKR_OK', 'CKR_OK']);
    expect([token.calls('C_Login'), token.calls('C_Verify')]).toEqual([1, 0]);
    expect(token.processes()).toEqual([process.pid]);
  });

  it('counts sessions that are open', async () => {
    const { cryptoki, slot } = await enter();
    const another = cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION);
    expect(token.openSessions()).toBe(2);
    cryptoki.C_CloseSession(another);
    expect(token.openSessions()).toBe(1);
    leave();
    expect(token.openSessions()).toBe(0);
  });

  it('counts no session of a process that has ended', async () => {
    token.tell('C_Sign: crash');
    await useElsewhere({ keys: ['one'], signatures: 1 });
    expect([token.calls('C_OpenSession'), token.openSessions()]).toEqual([1, 0]);
  });
});

describe('a result', () => {
  it('is given without the token being asked', async () => {
    token.tell('C_Login: return CKR_PIN_INCORRECT');
    await expect(enter()).rejects.toThrow('CKR_PIN_INCORRECT');
    token.tell();
    const { cryptoki, slot } = await enter();
    // CKF_USER_PIN_COUNT_LOW: SoftHSM sets it after one wrong try.
    expect(cryptoki.C_GetTokenInfo(slot).flags & 0x10000).toBe(0);
  });

  it('is given so many times, from a certain call on', async () => {
    const { make, sign } = await enter();
    const key = await make('counted');
    token.tell('C_SignInit: return 0x80000001 from call 2 times 2');
    for (let round = 0; round < 5; round++) await resultOf(() => sign(key));
    expect(token.results('C_SignInit')).toEqual(['CKR_OK', '0x80000001', '0x80000001', 'CKR_OK', 'CKR_OK']);
    token.tell('C_SignInit: return CKR_DEVICE_ERROR times 1');
    expect(await resultOf(() => sign(key))).toBe('CKR_DEVICE_ERROR');
  });

  it('is given after the token has done its work, if told so', async () => {
    const entered = await enter();
    token.tell('C_GenerateKeyPair: return CKR_DEVICE_ERROR after');
    expect(await resultOf(() => entered.make('made', true))).toBe('CKR_DEVICE_ERROR');
    expect(keysLabelled(entered, 'made')).toBe(2);
  });

  it('can be that of every function that needs a token', async () => {
    const { cryptoki, slot, session } = await enter();
    token.tell('*: return CKR_TOKEN_NOT_PRESENT');
    expect(await resultOf(() => cryptoki.C_GetTokenInfo(slot))).toBe('CKR_TOKEN_NOT_PRESENT');
    expect(await resultOf(() => cryptoki.C_CloseSession(session))).toBe('CKR_TOKEN_NOT_PRESENT');
    expect(await resultOf(() => cryptoki.C_GetSlotList(true))).toBe('CKR_OK');
  });
});

describe('a crash', () => {
  it('ends the process before the call', async () => {
    token.tell('C_GenerateKeyPair: crash');
    expect((await useElsewhere({ keys: ['lost'], signatures: 0 })).status).toBeNull();
    expect([token.calls('C_GenerateKeyPair'), token.results('C_GenerateKeyPair')]).toEqual([1, []]);
    token.tell();
    expect(keysLabelled(await enter(), 'lost')).toBe(0);
  });

  it('ends the process after the call took effect', async () => {
    token.tell('C_GenerateKeyPair: crash after');
    expect((await useElsewhere({ keys: ['kept'], signatures: 0 })).status).toBeNull();
    token.tell();
    expect(keysLabelled(await enter(), 'kept')).toBe(2);
  });

  it('comes so many times only, over all processes', async () => {
    token.tell('C_Sign: crash from call 3 times 1');
    expect((await useElsewhere({ keys: ['a'], signatures: 5 })).status).toBeNull();
    expect((await useElsewhere({ keys: ['b'], signatures: 5 })).status).toBe(0);
    expect([token.calls('C_Sign'), token.results('C_Sign').length]).toEqual([8, 7]);
    expect(token.processes()).toHaveLength(2);
  });
});

describe('a call', () => {
  it('hangs until the script is another', async () => {
    const { make, sign } = await enter();
    const key = await make('hanging');
    token.tell('C_Sign: hang');
    let signed = false;
    const signing = sign(key).then(() => {
      signed = true;
    });
    while (token.calls('C_Sign') === 0) await wait(5);
    await wait(50);
    expect([signed, token.results('C_Sign')]).toEqual([false, []]);
    token.tell();
    await signing;
    expect(token.results('C_Sign')).toEqual(['CKR_OK']);
  });

  it('is delayed', async () => {
    const { make, sign } = await enter();
    const key = await make('late');
    token.tell('C_Sign: delay 60');
    const start = performance.now();
    await sign(key);
    // A lower bound: no machine is too slow for it.
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
  });
});

describe('a token', () => {
  it('is removed, and put back without its sessions', async () => {
    const { cryptoki, slot, make, sign } = await enter();
    const key = await make('gone');
    token.tell('token: removed');
    expect(await resultOf(() => sign(key))).toBe('CKR_DEVICE_REMOVED');
    expect(await resultOf(() => cryptoki.C_GetTokenInfo(slot))).toBe('CKR_TOKEN_NOT_PRESENT');
    expect(cryptoki.C_GetSlotList(true)).toEqual([]);
    expect(cryptoki.C_GetSlotList(false)).toContainEqual(slot);
    expect(token.openSessions()).toBe(0);
    token.tell();
    expect(await resultOf(() => sign(key))).toBe('CKR_SESSION_HANDLE_INVALID');
    leave();
    expect(await resultOf(async () => (await enter()).make('back'))).toBe('CKR_OK');
  });

  it.each(['sessions: close-all', 'C_SignInit: close-sessions times 1'])(
    'loses its sessions, and the login with them, by %s',
    async (line) => {
      const { make, sign } = await enter();
      const key = await make('lost', true);
      token.tell(line);
      expect(await resultOf(() => sign(key))).toBe('CKR_SESSION_HANDLE_INVALID');
      expect(token.openSessions()).toBe(0);
      leave();
      expect(await resultOf(async () => (await enter()).make('found'))).toBe('CKR_OK');
    },
  );

  it('loses the login alone', async () => {
    const { make, sign } = await enter();
    const key = await make('lost', true);
    token.tell('C_SignInit: log-out times 1');
    // SoftHSM forgets the handles of private objects, too.
    expect(await resultOf(() => sign(key))).toBe('CKR_OBJECT_HANDLE_INVALID');
    expect(await resultOf(() => make('refused'))).toBe('CKR_USER_NOT_LOGGED_IN');
    expect(token.openSessions()).toBe(1);
  });

  it('has so many sessions at most', async () => {
    const { cryptoki, slot } = await enter();
    token.tell('sessions: at most 3');
    const another = () => cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION);
    const opened = [another(), another()];
    expect(await resultOf(another)).toBe('CKR_SESSION_COUNT');
    for (const session of opened) cryptoki.C_CloseSession(session);
    expect(await resultOf(another)).toBe('CKR_OK');
  });

  it('lacks mechanisms, and neither describes nor uses them', async () => {
    const { cryptoki, slot, make, sign } = await enter();
    const key = await make('unused');
    const before = cryptoki.C_GetMechanismList(slot);
    token.tell('mechanisms: without 0x1041,0x251');
    const rest = before.filter((mechanism) => mechanism !== CKM_ECDSA && mechanism !== 0x251);
    expect(rest).toHaveLength(before.length - 2);
    expect(cryptoki.C_GetMechanismList(slot)).toEqual(rest);
    expect(await resultOf(() => cryptoki.C_GetMechanismInfo(slot, CKM_ECDSA))).toBe('CKR_MECHANISM_INVALID');
    expect(await resultOf(() => sign(key))).toBe('CKR_MECHANISM_INVALID');
  });

  it('claims mechanisms that it has not', async () => {
    const { cryptoki, slot, session, make } = await enter();
    const key = await make('claimed');
    token.tell('mechanisms: with 0x210b');
    const mechanism = 0x210b;
    expect(cryptoki.C_GetMechanismList(slot).filter((each) => each === mechanism)).toHaveLength(1);
    expect(cryptoki.C_GetMechanismInfo(slot, mechanism).maxKeySize).toBeGreaterThan(0);
    expect(await resultOf(() => cryptoki.C_SignInit(session, { mechanism }, key))).toBe(
      'CKR_MECHANISM_INVALID',
    );
  });
});

describe('a script', () => {
  it.each([
    'C_Sing: crash',
    'C_Sign: return CKR_DEVICE_REMOVD',
    'C_Sign: crash times 0',
    'C_Sign: crash in call 3',
    'C_Sign crash',
    'sessions: at most 0',
    'mechanisms: without ecdsa',
    '',
  ])('with the line "%s" is refused', (line) => {
    expect(() => token.tell(line)).toThrow(TypeError);
  });

  it.each(['C_Sign: explode', 'C_Sign: crash times 0', 'mechanisms: without ecdsa', 'nonsense'])(
    'that says "%s" past the check ends the process with a message',
    async (line) => {
      await writeFile(token.environment['INTERPOSER_SCRIPT'] ?? '', `${line}\n`);
      const { status, stderr } = await useElsewhere({ keys: ['one'], signatures: 1 });
      expect([status, stderr]).toEqual([99, expect.stringContaining(line)]);
    },
  );
});
