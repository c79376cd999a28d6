import { beforeAll, describe, expect, it } from 'vitest';
import { runRow } from '../../../../bench/pfx/comparison.ts';
import { modernFacts } from '../../../../bench/pfx/facts.ts';
import { writeOurs } from '../../../../bench/pfx/ours.ts';
import type { Row } from '../../../../bench/pfx/plan.ts';
import { makeSubject, type Subject } from '../../../../bench/pfx/subject.ts';
import type { Work, Yardstick, YardstickKind } from '../../../../bench/pfx/yardsticks/yardstick.ts';
import type { Result } from '../../../../bench/result.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await makeSubject('encryption', 'human');
});

const row: Row = {
  ...{ name: 'write-vs-made-up-5', reach: 'none', mode: 'write', iterations: 5 },
  ...{ filesForOne: 1, rounds: 2, runs: 3 },
};

/** A yardstick that always takes a second, and notes what it was asked for. */
function madeUp({ name = 'made-up', facts = modernFacts, fixedIterations }: Partial<YardstickKind> = {}) {
  const asked: Work[] = [];
  const written: number[] = [];
  const yardstick: Yardstick = {
    version: 'made-up 1.0',
    write: (iterations) => {
      written.push(iterations);
      return writeOurs(subject, iterations);
    },
    time: async (work) => {
      asked.push(work);
      return 1e9;
    },
    close: async () => undefined,
  };
  const does = { write: 'writes something', open: 'opens something' };
  const kind: YardstickKind = { name, does, facts, open: async () => yardstick };
  return {
    kind: fixedIterations === undefined ? kind : { ...kind, fixedIterations },
    yardstick,
    asked,
    written,
  };
}

async function results(changes: Partial<Row>, kind: Partial<YardstickKind> = {}) {
  const made = madeUp(kind);
  const printed: Result[] = [];
  const report = { result: (result: Result) => printed.push(result), message: () => undefined };
  await runRow(report, { ...row, ...changes, ...made, subject });
  return { ...made, printed };
}

describe('a comparison of PFX files', () => {
  it('asks the yardstick for the same work, in turns with ours', async () => {
    const { asked, printed } = await results({});
    expect(asked).toHaveLength(2 + 3);
    expect(new Set(asked.map(({ mode, iterations, rounds }) => `${mode} ${iterations} ${rounds}`))).toEqual(
      new Set(['write 5 2']),
    );
    expect(printed).toMatchObject([{ name: 'write-vs-made-up-5', unit: 'ratio', runs: 3, reach: 'none' }]);
    expect(printed[0]?.value).toBeGreaterThan(0);
    expect(printed[0]?.yardstick).toBe(
      'made-up 1.0: writes something; RSA-2048, 3 x 5 iterations, wall time',
    );
  });

  it('gives both the same file of ours to open', async () => {
    const { asked, written, printed } = await results({ mode: 'open' });
    expect(written).toEqual([]);
    expect(new Set(asked.map(({ pfx }) => Buffer.from(pfx).toString('hex'))).size).toBe(1);
    expect(printed[0]?.yardstick).toContain('opens something; RSA-2048, our file of 3 x 5 iterations');
  });

  it('tells our own time, too, beside OpenSSL', async () => {
    const { printed } = await results({}, { name: 'openssl' });
    expect(printed.map(({ name, unit }) => [name, unit])).toEqual([
      ['write-vs-made-up-5', 'ratio'],
      ['write-ms-5', 'ms'],
    ]);
    // The yardstick's second makes the ratio our own time in seconds.
    const [ratio, alone] = printed;
    expect(alone?.value).toBeCloseTo((ratio?.value ?? 0) * 1_000, 3);
  });

  it('says so where the yardstick has a count of its own', async () => {
    const { written, printed } = await results({ filesForOne: 2 }, { fixedIterations: 10 });
    expect(written).toEqual([10]);
    expect(printed[0]?.yardstick).toContain('its own 3 x 10 iterations, against 2 files of ours of 3 x 5');
  });

  it('counts each of our files where several stand for one', async () => {
    const one = await results({ filesForOne: 1, iterations: 20_000, rounds: 1 }, { name: 'openssl' });
    const ten = await results({ filesForOne: 10, iterations: 20_000, rounds: 1 }, { name: 'openssl' });
    const perFile = ({ printed }: { printed: Result[] }) => (printed[1]?.value ?? 0) / 1_000;
    expect(one.printed[0]?.value).toBeCloseTo(perFile(one), 3);
    expect(ten.printed[0]?.value).toBeCloseTo(10 * perFile(ten), 2);
  });

  it('is not made with a file of fewer iterations than is said', async () => {
    await expect(results({}, { facts: () => modernFacts(6) })).rejects.toThrow('should have written');
  });
});
