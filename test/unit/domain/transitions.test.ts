import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activeBackup,
  advance,
  type Enrollment,
  type EnrollmentChange,
  type EnrollmentState,
  type Transition,
  transitions,
} from '#domain/enrollment.ts';
import { EscrowError } from '#domain/errors.ts';
import { enrollment as sample } from '#test/support/enrollment.ts';

const states: EnrollmentState[] = [
  'accepted',
  'awaiting-subscriber',
  'making',
  'ready',
  'refused',
  'destroyed',
];
const all: Transition[] = Object.values(transitions);

/** Written out anew, so that a changed table is seen: from, transition, to. */
const table: [EnrollmentState, keyof typeof transitions, EnrollmentState][] = [
  ['accepted', 'startMaking', 'making'],
  ['awaiting-subscriber', 'startMaking', 'making'],
  ['making', 'finishMaking', 'ready'],
  ['making', 'abandonAttempt', 'making'],
  ['making', 'returnToAccepted', 'accepted'],
  ['making', 'returnToAwaiting', 'awaiting-subscriber'],
  ['ready', 'recordTry', 'ready'],
  ['ready', 'recordExport', 'ready'],
  ['ready', 'recordExportRefusal', 'ready'],
  ['ready', 'changePassword', 'ready'],
  ['ready', 'unlock', 'ready'],
  ['accepted', 'destroy', 'destroyed'],
  ['awaiting-subscriber', 'destroy', 'destroyed'],
  ['ready', 'destroy', 'destroyed'],
  ['accepted', 'planAccepted', 'accepted'],
  ['accepted', 'planAwaiting', 'awaiting-subscriber'],
  ['accepted', 'planRefused', 'refused'],
  ['awaiting-subscriber', 'planAccepted', 'accepted'],
  ['awaiting-subscriber', 'planAwaiting', 'awaiting-subscriber'],
  ['awaiting-subscriber', 'planRefused', 'refused'],
  ['ready', 'markEscrowDue', 'ready'],
  ['ready', 'clearEscrowDue', 'ready'],
  ['ready', 'startEscrow', 'ready'],
  ['ready', 'finishEscrow', 'ready'],
  ['ready', 'abandonEscrow', 'ready'],
  ['destroyed', 'abandonEscrow', 'destroyed'],
  ['ready', 'clearSuperseded', 'ready'],
  ['destroyed', 'clearSuperseded', 'destroyed'],
];

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof EscrowError ? error.code : 'not ours';
  }
}

describe('the transitions of an enrollment', () => {
  it.each(table)('from %s, %s leads to %s', (from, name, to) => {
    const { next } = advance(sample({ state: from }), transitions[name], {});
    expect(next.state).toBe(to);
  });

  it('are those of the table and no others', () => {
    const allowed = states.flatMap((state) =>
      Object.entries(transitions)
        .filter(([, transition]) => codeOf(() => advance(sample({ state }), transition, {})) === 'none')
        .map(([name, transition]: [string, Transition]) => [state, name, transition.to ?? state]),
    );
    expect(new Set(allowed.map(String))).toEqual(new Set(table.map(String)));
  });

  it('refuse every other start: making-in-progress from making, wrong-state otherwise', () => {
    for (const state of states) {
      for (const transition of all.filter(({ from }) => !from.includes(state))) {
        const code = codeOf(() => advance(sample({ state }), transition, {}));
        expect([state, transition.name, code]).toEqual([
          state,
          transition.name,
          state === 'making' ? 'making-in-progress' : 'wrong-state',
        ]);
      }
    }
  });

  it('say in which state what could not be done', () => {
    expect(() => advance(sample({ state: 'refused' }), transitions.startMaking, {})).toThrow(
      'cannot start making while the enrollment is refused',
    );
  });

  it('lead nowhere else in any sequence, and count every version', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.array(fc.constantFrom(...all), { maxLength: 30 }),
        (start, sequence) => {
          let current = sample({ state: start });
          for (const transition of sequence) {
            const before = structuredClone(current);
            const next = tryAdvance(current, transition);
            expect(current).toEqual(before);
            if (next === undefined) continue;
            expect(table).toContainEqual([current.state, nameOf(transition), next.state]);
            expect(next.version).toBe(current.version + 1);
            expect(next.events).toEqual([]);
            current = next;
          }
          if (start === 'refused' || start === 'destroyed') expect(current.state).toBe(start);
        },
      ),
    );
  });

  it('replace the events of the version before, and change nothing that was not named', () => {
    const before = sample({
      state: 'making',
      version: 7,
      events: [{ name: 'EnrollmentAccepted', data: { enrollmentId: 'enr_1', purpose: 'identity' } }],
    });
    const event = { name: 'EnrollmentKeyPairCreated', data: { enrollmentId: 'enr_1' } } as const;
    const { next, condition } = advance(before, transitions.finishMaking, { events: [event], exports: 3 });
    expect(next).toEqual({ ...before, version: 8, state: 'ready', exports: 3, events: [event] });
    expect(condition).toEqual({ version: 7, states: ['making'] });
  });

  it('take no change of what was decided at the request: whether a key may leave is never loosened', () => {
    // @ts-expect-error: the type check refuses it; `npm run types` fails if it no longer does
    const loosened: EnrollmentChange = { exportable: true };
    expect(Object.keys(loosened)).toEqual(['exportable']);
  });

  it('give the store the very states that the transition may start from', () => {
    for (const transition of all) {
      for (const state of transition.from) {
        const { condition } = advance(sample({ state, version: 4 }), transition, {});
        expect(condition).toEqual({ version: 4, states: transition.from });
      }
    }
  });
});

describe('the backup that counts', () => {
  const pending = { state: 'pending', id: 'one', objectName: 'a/b/one.pfx', profile: 'modern' } as const;
  const active = {
    ...pending,
    state: 'active',
    objectVersion: '1',
    pfxSha256: '00',
    retainUntil: '2029-01-01T00:00:00.000Z',
    sealedPassphraseId: 's',
    receiptId: 'r',
  } as const;

  it('is the active one, and never a pending one', () => {
    expect(activeBackup(sample({ backups: [] }))).toBeUndefined();
    expect(activeBackup(sample({ backups: [pending] }))).toBeUndefined();
    expect(activeBackup(sample({ backups: [pending, active] }))).toEqual(active);
  });
});

function tryAdvance(current: Enrollment, transition: Transition): Enrollment | undefined {
  return codeOf(() => advance(current, transition, {})) === 'none'
    ? advance(current, transition, {}).next
    : undefined;
}

function nameOf(transition: Transition): string | undefined {
  return Object.entries(transitions).find(([, each]) => each === transition)?.[0];
}
