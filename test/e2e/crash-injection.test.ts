import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { present } from '#test/support/demo.ts';
import { type Fault, failingPorts } from '#test/support/failing-ports.ts';
import { verifyLedger } from '#test/support/kept-ledger.ts';
import { type OneMachine, oneMachine } from '#test/support/one-machine.ts';
import { openedByPassword, openedByRecovery } from '#test/support/opened-enrollment.ts';
import { DataFolder, documentsReferredTo } from '#test/support/traces.ts';
import { organization, requested, subscriber } from '#test/support/world.ts';

const password = () => Secret.fromText('correct horse battery staple');
const workflow: Principal = { organization, subject: 'workflow', roles: ['enrollment-workflow'] };

/** One way in which a key pair is made. */
interface Way {
  name: string;
  /** What the request asks for. */
  asks: Record<string, unknown>;
  make(dependencies: Dependencies, enrollment: Enrollment): Promise<unknown>;
  /** Ports that making it must have called: a fault at each of them was tried. */
  calls: readonly string[];
  faults: readonly Omit<Fault, 'at'>[];
}

/** What a crash after a call leaves is what one before the next call leaves; both are tried where it costs little. */
const everyFault: Way['faults'] = [
  { effect: 'before', kind: 'crash' },
  { effect: 'after', kind: 'crash' },
  { effect: 'before', kind: 'once' },
  { effect: 'after', kind: 'once' },
];

const signIn: Way['make'] = (dependencies, { id }) =>
  setPassword(dependencies, subscriber(), { enrollmentId: id, password: password(), requestId: 'sign-in' });

const always = ['registry.read', 'registry.replace', 'documents.put', 'ledger.record'];
const ways: readonly Way[] = [
  {
    name: 'an encryption key under a password',
    asks: { purpose: 'encryption' },
    make: signIn,
    calls: [
      ...always,
      ...['keys.exportableKeys.generate', 'keys.mac', 'keys.signReceipt'],
      ...['vault.put', 'vault.read', 'vault.extendRetention'],
    ],
    faults: everyFault,
  },
  {
    name: 'an identity key under a password',
    asks: { purpose: 'identity' },
    make: signIn,
    calls: [...always, 'keys.exportableKeys.generate', 'keys.mac'],
    faults: [
      { effect: 'before', kind: 'crash' },
      { effect: 'after', kind: 'once' },
    ],
  },
  {
    name: 'a resident key',
    asks: { purpose: 'identity', assurance: 'medium-hardware' },
    make: (dependencies, enrollment) =>
      makeKeyPairOfAccepted(dependencies, {
        ...requested(),
        type: 'EnrollmentAccepted',
        data: { enrollmentId: enrollment.id },
      }),
    calls: [...always, 'keys.residentKeys.generate', 'keys.residentKeys.sign'],
    faults: everyFault,
  },
];

const waiting = ['awaiting-subscriber', 'accepted'];
const day = 24 * 60 * 60 * 1000;

let machine: OneMachine;
let folder: DataFolder;
let requests = 0;

beforeAll(async () => {
  machine = await oneMachine();
  folder = new DataFolder(machine.folder);
});
afterAll(() => machine.close());

function request(way: Way): Promise<Enrollment> {
  requests += 1;
  return requestEnrollment(
    machine.service.dependencies,
    requested({ ...way.asks, idempotencyKey: `request ${requests}` }),
  );
}

async function current({ id }: Enrollment): Promise<Enrollment> {
  return present(await machine.service.dependencies.registry.read('enrollment', organization, id));
}

function mend(dependencies = machine.service.dependencies) {
  return reconcile(dependencies, { organization, staleAfterSeconds: 0, requestId: 'mend' });
}

const csrOf = ({ id }: Enrollment) =>
  readCsr(machine.service.dependencies, workflow, { enrollmentId: id, requestId: 'csr' });

/** Nothing stands of an attempt that was given up, but vault objects until their lock ends. */
async function expectNoLitter(enrollment: Enrollment): Promise<void> {
  const its = (names: string[]) => names.filter((name) => name.includes(enrollment.id));
  const standing = await current(enrollment);
  expect(its(folder.documents())).toEqual(its(documentsReferredTo([standing])));
  expect(its(folder.residentKeys())).toEqual([standing.key?.residentKey ?? []].flat());
  expect(its(folder.vaultFiles())).toEqual(its(folder.vaultObjects()));
}

/** Makes the key after all, if it does not stand yet, and checks that it is whole. */
async function expectWholeAfterAll(way: Way, enrollment: Enrollment): Promise<void> {
  const { dependencies } = machine.service;
  const before = await current(enrollment);
  if (before.state !== 'ready') {
    expect(waiting).toContain(before.state);
    expect(before.backups).toEqual([]);
    await expect(csrOf(before)).rejects.toMatchObject({ code: 'wrong-state' });
    await way.make(dependencies, before);
  }
  const made = await current(enrollment);
  expect(made.state).toBe('ready');
  expect(await csrOf(made)).toContain('BEGIN CERTIFICATE REQUEST');
  const spkiSha256 = present(made.key).spkiSha256;
  if (made.exportable) {
    expect(await openedByPassword(dependencies, made, password())).toBe(spkiSha256);
  }
  expect(made.backups.map(({ state }) => state)).toEqual(made.escrow === 'required' ? ['active'] : []);
  for (const backup of made.backups) {
    if (backup.state !== 'active') continue;
    const opened = await openedByRecovery(dependencies, made, backup, machine.recoveryPrivateKey);
    const stated = { spkiSha256, pfxSha256: backup.pfxSha256 };
    expect(opened).toMatchObject({ ...stated, receipt: { ...stated, objectVersion: backup.objectVersion } });
  }
}

/** Tries a fault at every call, from the first to the last that making the key pair makes. */
async function atEveryCall(
  way: Way,
  fault: Omit<Fault, 'at'>,
  afterwards: (enrollment: Enrollment) => Promise<void>,
): Promise<string[]> {
  for (let at = 1; ; at++) {
    const enrollment = await request(way);
    const ports = failingPorts(machine.service.dependencies, { ...fault, at });
    const outcome = await way.make(ports.dependencies, enrollment).then(
      () => 'done',
      (error) => error.code,
    );
    if (!ports.failed()) {
      expect(outcome).toBe('done');
      return ports.calls;
    }
    await afterwards(enrollment);
  }
}

/** Every call that making the key pair makes when nothing goes wrong. */
async function callsOf(way: Way): Promise<string[]> {
  const enrollment = await request(way);
  const never = { at: Number.POSITIVE_INFINITY, effect: 'before', kind: 'once' } as const;
  const ports = failingPorts(machine.service.dependencies, never);
  await way.make(ports.dependencies, enrollment);
  return ports.calls;
}

/** Makes the key pair up to a call, at which the process ends. */
async function dieAt(way: Way, enrollment: Enrollment, at: number): Promise<void> {
  const ports = failingPorts(machine.service.dependencies, { at, effect: 'before', kind: 'crash' });
  await expect(way.make(ports.dependencies, enrollment)).rejects.toThrow();
  expect(ports.failed()).toBe(true);
}

describe.each(ways)('making $name', (way) => {
  const faults = (kind: Fault['kind']) => way.faults.filter((fault) => fault.kind === kind);

  it.each(faults('crash'))('survives a crash $effect every call', async (fault) => {
    const calls = await atEveryCall(way, fault, async (enrollment) => {
      await machine.restart();
      await mend();
      await expectNoLitter(enrollment);
      await expectWholeAfterAll(way, enrollment);
      await expectNoLitter(enrollment);
    });
    expect(calls).toEqual(expect.arrayContaining([...way.calls]));
  });

  it.each(faults('once'))('survives every call that fails once, $effect it took effect', async (fault) => {
    await atEveryCall(way, fault, async (enrollment) => {
      expect([...waiting, 'ready']).toContain((await current(enrollment)).state);
      await expectNoLitter(enrollment);
      await expectWholeAfterAll(way, enrollment);
    });
  });
});

describe.each(ways.filter(({ faults }) => faults === everyFault))('giving up $name', (way) => {
  it('survives a crash at every call of the reconciler', async () => {
    const last = (await callsOf(way)).lastIndexOf('registry.replace') + 1;
    for (let at = 1; ; at++) {
      const enrollment = await request(way);
      await dieAt(way, enrollment, last);
      await machine.restart();
      const ports = failingPorts(machine.service.dependencies, { at, effect: 'before', kind: 'crash' });
      await mend(ports.dependencies).catch(() => undefined);
      await machine.restart();
      await mend();
      await expectNoLitter(enrollment);
      await expectWholeAfterAll(way, enrollment);
      if (!ports.failed()) break;
    }
  });
});

describe('the vault object of an abandoned attempt', () => {
  const [encryption] = ways;

  it('is removed once its lock ends, and the one in use never is', async () => {
    const way = present(encryption);
    const calls = await callsOf(way);
    const enrollment = await request(way);
    // One is locked for its first day; the other, a step before it would have counted, for its full time.
    await dieAt(way, enrollment, calls.indexOf('vault.read') + 1);
    await mend();
    await dieAt(way, enrollment, calls.lastIndexOf('registry.replace') + 1);
    await mend();
    await way.make(machine.service.dependencies, enrollment);
    const its = () => folder.vaultObjects().filter((name) => name.includes(enrollment.id)).length;
    expect(its()).toBe(3);
    await mend();
    expect(its()).toBe(3);
    machine.clock.advance(day + 1);
    await mend();
    expect(its()).toBe(2);
    machine.clock.advance(1095 * day);
    await mend();
    expect(its()).toBe(1);
    await expectWholeAfterAll(way, enrollment);
    await expectNoLitter(enrollment);
  });
});

describe('the ledger of all that', () => {
  it('is whole', () => {
    const database = openDatabase(`${machine.folder}/escrow.db`);
    expect(verifyLedger(database, organization)).toBeUndefined();
    database.close();
    expect(folder.count('SELECT count(*) FROM ledger')).toBeGreaterThan(1);
  });
});
