import { beforeAll, describe, expect, it } from 'vitest';
import { checkFacts } from '../../../../bench/pfx/facts.ts';
import { timeOurs, writeOurs } from '../../../../bench/pfx/ours.ts';
import { makeSubject, type Subject } from '../../../../bench/pfx/subject.ts';
import { certtool } from '../../../../bench/pfx/yardsticks/certtool.ts';
import { nodeForge } from '../../../../bench/pfx/yardsticks/forge.ts';
import { pk12util } from '../../../../bench/pfx/yardsticks/pk12util.ts';

let subject: Subject;
let pfx: Uint8Array;
beforeAll(async () => {
  subject = await makeSubject('encryption', 'human');
  pfx = await writeOurs(subject, 2);
});

/** Those that need no compiler. */
describe.each([nodeForge, certtool, pk12util])('the yardstick $name', (kind) => {
  it('writes what it says it does', async () => {
    const yardstick = await kind.open(subject);
    const iterations = kind.fixedIterations ?? 2;
    const file = { pfx: await yardstick.write(iterations), password: subject.password };
    await checkFacts(kind.name, { ...file, expected: kind.facts(iterations) });
    await yardstick.close();
  });

  it('takes time to write, and to open a file of ours', async () => {
    const yardstick = await kind.open(subject);
    expect(yardstick.version).toMatch(/\d/);
    for (const mode of ['write', 'open'] as const) {
      expect(await yardstick.time({ mode, iterations: 2, rounds: 2, pfx })).toBeGreaterThan(0);
    }
    await yardstick.close();
  });

  it('fails where a file does not open', async () => {
    const other = await makeSubject('encryption', 'random');
    const yardstick = await kind.open(other);
    await expect(yardstick.time({ mode: 'open', iterations: 2, rounds: 1, pfx })).rejects.toThrow();
    await yardstick.close();
  });
});

describe('ours', () => {
  it.each(['write', 'open', 'full'] as const)('takes time to do the mode %s', async (mode) => {
    expect(await timeOurs(subject, { mode, iterations: 2, rounds: 2, pfx })).toBeGreaterThan(0);
  });

  it('fails where a file does not open', async () => {
    const damaged = Uint8Array.from(pfx, (byte, i) => (i === pfx.length >> 1 ? byte ^ 1 : byte));
    await expect(
      timeOurs(subject, { mode: 'open', iterations: 2, rounds: 1, pfx: damaged }),
    ).rejects.toThrow();
  });
});
