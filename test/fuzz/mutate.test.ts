import { beforeAll, describe, expect, it } from 'vitest';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { type PfxVector, pfxVectors, vectorBytes } from '#test/vectors/pfx/vector.ts';
import { anatomy } from './anatomy.ts';
import { type CaseSettings, caseOf } from './cases.ts';
import { type Base, ownCorpus } from './corpus.ts';
import { changeNames, chooseChanges, mutate } from './mutate.ts';
import { Random } from './random.ts';
import { encode, type Making, replaced, walk, withMacWritten } from './tlv.ts';

let corpus: Base[];

beforeAll(async () => {
  corpus = await ownCorpus();
});

/** What the reader for files in hand says. */
async function said(bytes: Uint8Array, { password }: Pick<Base, 'password'>): Promise<string> {
  try {
    const { found, macVerified } = await inspectPfx(bytes, Secret.fromText(password));
    for (const { privateKey } of found.keys) privateKey.erase();
    return macVerified ? 'opened' : 'opened without a MAC';
  } catch (error) {
    if (error instanceof PfxError) return error.code;
    throw error;
  }
}

describe('a file taken apart', () => {
  const few = ({ traits, file }: PfxVector) => traits.mostIterations <= 2_048 || file === 'nss-chain.p12';
  // A wrong MAC is made right.
  const right = ({ file }: PfxVector) => file !== 'rfc9879-a5.p12';
  const cheap = pfxVectors.filter((vector) => few(vector) && right(vector));

  it.each(cheap.map((vector) => [vector.file, vector] as const))(
    'is read as before (%s)',
    async (_, vector) => {
      const bytes = vectorBytes(vector);
      const tree = await anatomy(bytes, vector.password);
      expect(await said(encode(tree), vector)).toBe(await said(bytes, vector));
    },
  );

  it('is the same each time, though it was written with chance in it', async () => {
    const again = await ownCorpus();
    expect(again.map(({ tree }) => encode(tree).toString('hex'))).toEqual(
      corpus.map(({ tree }) => encode(tree).toString('hex')),
    );
  });

  it('shows certificates and private keys that were encrypted', () => {
    for (const { tree, privateKeys } of corpus) {
      const inside = walk(tree).map(({ node }) => encode(node).toString('hex'));
      expect(privateKeys).toHaveLength(1);
      for (const key of privateKeys) expect(inside).toContain(Buffer.from(key).toString('hex'));
    }
  });
});

describe('a change', () => {
  const changed = (name: string, making: Making, seed = 1) => {
    const [base, donor] = corpus;
    if (base === undefined || donor === undefined) throw new RangeError('no files');
    const tree = withMacWritten(base.tree);
    const changes = [{ name, random: new Random(name, seed) }];
    return { before: encode(tree), after: mutate({ tree, donor: donor.tree, making, changes }) };
  };

  it.each(['keep', 'anew'] as const)(
    'of every kind changes a file, the same way each time (MAC: %s)',
    (making) => {
      for (const name of changeNames) {
        const seeds = [...Array(12).keys()];
        const all = seeds.map((seed) => changed(name, making, seed));
        expect(
          all.some(({ before, after }) => !before.equals(after)),
          name,
        ).toBe(true);
        expect(seeds.map((seed) => changed(name, making, seed))).toEqual(all);
      }
    },
  );

  it('of anything under the MAC is noticed by it, unless it is made anew', async () => {
    const base = corpus[0];
    if (base === undefined) throw new RangeError('no files');
    const tree = withMacWritten(base.tree);
    const name = walk(tree).find(({ node }) => node.tag === 0x1e);
    const other = replaced(tree, name?.path ?? [], (node) => [{ ...node, content: Buffer.of(0, 65) }]);
    expect(await said(encode(other, 'keep'), base)).toBe('pfx-wrong-password-or-damaged');
    expect(await said(encode(other, 'anew'), base)).toBe('opened');
  });

  it('is chosen among all, those of the whole file last', () => {
    const lists = Array.from({ length: 3_000 }, (_, i) => chooseChanges(new Random(i)));
    expect(new Set(lists.flat())).toEqual(new Set(changeNames));
    for (const list of lists) {
      const ofFile = list.map((change) => change.startsWith('bytes of the file'));
      expect(ofFile).toEqual(ofFile.toSorted());
    }
  });
});

describe('a case', () => {
  const settings = (seed: number): CaseSettings => ({ seed, corpus, iterationBudget: 10_000 });

  it('follows from its seed and number', () => {
    for (let number = 0; number < 60; number++) {
      const fuzzCase = caseOf(number, settings(1));
      expect(caseOf(number, settings(1))).toEqual(fuzzCase);
      expect(caseOf(number, settings(2)).bytes).not.toEqual(fuzzCase.bytes);
    }
  });

  it('can be made with fewer steps', () => {
    const numbers = [...Array(200).keys()].filter((number) => caseOf(number, settings(1)).steps.length > 1);
    for (const number of numbers) {
      const { steps } = caseOf(number, settings(1));
      expect(caseOf(number, settings(1), [1]).steps).toEqual([steps[1]]);
    }
    expect(numbers.length).toBeGreaterThan(20);
  });
});
