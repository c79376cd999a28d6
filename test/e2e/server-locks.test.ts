import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnrollmentView } from '#contract/api/enrollments.ts';
import { generatePassword } from '#crypto/passwords.ts';
import { present } from '#test/support/demo.ts';
import {
  enroll,
  enrollmentIn,
  exportBody,
  requestBody,
  setPassword,
  setUp,
} from '#test/support/enrolling.ts';
import { type OutsidePeople, outsidePeople } from '#test/support/people.ts';
import { testServer } from '#test/support/server.ts';

const server = testServer();
const password = generatePassword().text();
const now = () => Math.floor(Date.now() / 1_000);
let people: OutsidePeople;
let enrollment: EnrollmentView;

beforeAll(async () => {
  people = await outsidePeople();
  await server.start(people.options);
  await setUp(server, people);
  enrollment = await enroll(server, people, requestBody('ada', { purpose: 'identity' }));
  await setPassword(server, people, enrollment, password);
});
afterAll(() => people.close());

/** Exports as Ada, who signed in at a time, seconds since 1970. @returns the code of a refusal, or `done` */
async function tryToExport(typed: string, signedInAt: number): Promise<string> {
  const token = await people.tokenOf('ada', ['subscriber'], { auth_time: signedInAt });
  const target = `/v1/enrollments/${enrollment.id}/exports`;
  const { status, code } = await server.call('POST', target, { token, body: exportBody(typed) });
  return status === 200 ? 'done' : present(code);
}

async function tries(): Promise<EnrollmentView['wrongPasswords']> {
  const token = await people.token('ada', 'subscriber');
  return enrollmentIn(await server.call('GET', `/v1/enrollments/${enrollment.id}`, { token })).wrongPasswords;
}

describe('an enrollment whose password is guessed', () => {
  const before = now();

  it('is locked by the tenth wrong one in a row, also to the right one', async () => {
    const codes: string[] = [];
    for (let count = 0; count < 10; count += 1) codes.push(await tryToExport(`wrong ${password}`, before));
    expect(codes).toEqual([...Array(9).fill('wrong-password'), 'enrollment-locked']);
    expect(await tryToExport(password, before)).toBe('enrollment-locked');
    expect(await tries()).toEqual({ inARow: 10, inLife: 10 });
  });

  it('stays locked over a restart', async () => {
    expect(await server.end()).toBe(0);
    await server.start(people.options);
    expect(await tryToExport(password, before)).toBe('enrollment-locked');
  });

  it('opens to the right one after a fresh sign-in, and to a wrong one no more than before', async () => {
    const fresh = now() + 2;
    expect(await tryToExport(`wrong ${password}`, fresh)).toBe('wrong-password');
    expect(await tryToExport(password, before)).toBe('done');
    expect(await tries()).toEqual({ inARow: 0, inLife: 11 });
  });

  it('is blocked by the hundredth in its life, whoever signs in how freshly', async () => {
    await server.end();
    setTries({ inARow: 0, inLife: 99 });
    await server.start(people.options);
    expect(await tryToExport(`wrong ${password}`, before)).toBe('enrollment-blocked');
    expect(await tryToExport(password, now() + 2)).toBe('enrollment-blocked');
  });

  it('is unblocked by the official only, who opens nothing by it', async () => {
    const target = `/v1/enrollments/${enrollment.id}/unlock`;
    for (const role of ['administrator', 'subscriber', 'auditor'] as const) {
      const token = await people.token('ada', role);
      expect(await server.call('POST', target, { token })).toMatchObject({ status: 403 });
    }
    const own = await people.tokenOf('ada', ['subscriber', 'recovery-official']);
    expect(await server.call('POST', target, { token: own })).toMatchObject({ status: 403 });
    const token = await people.token('olga', 'recovery-official');
    const unlocked = enrollmentIn(await server.call('POST', target, { token }));
    expect(unlocked.wrongPasswords).toEqual({ inARow: 0, inLife: 0 });
    expect(await tryToExport(`wrong ${password}`, before)).toBe('wrong-password');
    expect(await tryToExport(password, before)).toBe('done');
  });

  it('tells its subscriber of each of these', async () => {
    const token = await people.token('ada', 'subscriber');
    const watching = await server.follow(await people.token('root', 'administrator'), {
      query: '?from=beginning',
    });
    await watching.until(({ type }) => type === 'EnrollmentUnlocked');
    watching.close();
    const types = watching.events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['EnrollmentLocked', 'EnrollmentBlocked']));
    await expect
      .poll(async () => (await server.call('GET', '/v1/notices', { token })).json['notices'])
      .toHaveLength(5);
  });
});

/** Writes tries into the record as if they had been made: each costs a tenth of a second to make. */
function setTries(tries: EnrollmentView['wrongPasswords']): void {
  const database = new DatabaseSync(join(server.data, 'escrow.db'));
  database
    .prepare(
      `UPDATE aggregates SET version = version + 1,
         record = json_set(record, '$.version', version + 1, '$.events', json('[]'),
           '$.tries.inARow', :inARow, '$.tries.inLife', :inLife)
       WHERE id = :id`,
    )
    .run({ ...tries, id: enrollment.id });
  database.close();
}
