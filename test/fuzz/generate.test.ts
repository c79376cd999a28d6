import { beforeAll, describe, expect, it } from 'vitest';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import type { FuzzCase } from './cases.ts';
import { fingerprint } from './content.ts';
import { departures } from './departures.ts';
import { edits } from './edits.ts';
import { chooseRecipe, generate, type Recipe, written } from './generate.ts';
import { keyName } from './key-objects.ts';
import { keyNames, material } from './material.ts';
import { eraseKeys, observe } from './observe.ts';
import { type Finding, judge, type KnownKeys, refusal } from './oracle.ts';
import { ours } from './trial.ts';

const iterationBudget = 10_000;
const derivations = new PfxDerivations();
let known: KnownKeys;

beforeAll(() => {
  known = new Set(keyNames.map((name) => keyName(material(name).pkcs8)));
});

function caseOf(recipe: Recipe): FuzzCase {
  const file = generate(recipe, iterationBudget);
  const { password, content } = file;
  const contents = new Set(content === undefined ? [] : [fingerprint(content)]);
  return {
    number: 0,
    from: 'test',
    steps: recipe.steps,
    ...written(file),
    password,
    contents,
    original: undefined,
  };
}

/** What the readers make of it. */
async function tried(recipe: Recipe): Promise<{ findings: Finding[]; strict: string; inspect: string }> {
  const fuzzCase = caseOf(recipe);
  const seen = await observe(ours, fuzzCase, { iterationBudget, derivations });
  const findings = judge(fuzzCase, seen, known);
  eraseKeys(seen);
  return { findings, strict: refusal(seen.strict[recipe.profile]), inspect: refusal(seen.inspect) };
}

const variants = [1, 2, 3, 4].flatMap((seed) => pfxProfiles.map((profile) => ({ seed: [seed], profile })));

describe('what a description says', () => {
  it.each(pfxProfiles)('opens where nothing is wrong with it (%s)', async (profile) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(await tried({ seed: [seed], profile, steps: [] })).toEqual({
        findings: [],
        strict: 'opened',
        inspect: 'opened',
      });
    }
  });

  it.each(Object.keys(departures))('holds for %s', async (departure) => {
    const codes = new Set<string>();
    for (const variant of variants) {
      const { findings, strict } = await tried({ ...variant, steps: [departure] });
      expect(findings).toEqual([]);
      codes.add(strict);
    }
    // Each departs from what is taken, but for those that only show another way of being good.
    const harmless = ['an empty part', 'parts in another order', 'other names', 'a bag twice', 'a bag more'];
    if (!harmless.includes(departure)) expect([...codes]).not.toEqual(['opened']);
  });

  it.each(Object.keys(edits))('holds for %s', async (edit) => {
    const { strict: codes } = edits[edit] ?? { strict: [] };
    const said: string[] = [];
    for (const variant of variants) {
      const { findings, strict } = await tried({ ...variant, steps: [edit] });
      expect(findings).toEqual([]);
      said.push(strict);
    }
    // It was made of some file at least, and did what it says.
    if (codes.length > 0) expect(said.filter((code) => code !== 'opened')).not.toEqual([]);
  });

  it('holds for a hostile count of a key inside an encrypted part', async () => {
    for (const variant of variants) {
      const steps = ['the key inside an encrypted part', 'a count of 2^31'];
      const { findings, strict } = await tried({ ...variant, steps });
      expect(findings).toEqual([]);
      expect(strict).not.toBe('opened');
    }
  });
});

describe('a recipe', () => {
  it('makes the same file again', () => {
    const recipe = chooseRecipe([3, 4]);
    expect(chooseRecipe([3, 4])).toEqual(recipe);
    expect(caseOf(recipe).bytes).toEqual(caseOf(recipe).bytes);
  });

  it('comes to every departure and every edit', () => {
    const steps = new Set(Array.from({ length: 4_000 }, (_, i) => chooseRecipe([5, i]).steps).flat());
    expect([...steps].sort()).toEqual([...Object.keys(departures), ...Object.keys(edits)].sort());
  });
});
