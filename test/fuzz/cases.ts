import { type Content, fingerprint } from './content.ts';
import type { Base } from './corpus.ts';
import { chooseRecipe, type Generated, generate, type Recipe, type Verdicts, written } from './generate.ts';
import { chooseChanges, mutate } from './mutate.ts';
import { Random } from './random.ts';
import { encode, type Making, withMacWritten } from './tlv.ts';

/** One file for the readers, and what is known of it. */
export interface FuzzCase {
  number: number;
  /** What it was made from, and how. */
  from: string;
  /** Any of these can be left out, to make it again with fewer. */
  steps: readonly string[];
  bytes: Uint8Array;
  password: string;
  verdicts: Verdicts;
  /**
   * What the strict reader may find in it, by fingerprint. Undefined where the MAC was made anew by somebody who knows the
   * password: any certificate may stand beside one of the keys then.
   */
  contents: ReadonlySet<string> | undefined;
  /** What was changed, where its MAC was left alone and the strict reader takes it: it takes nothing else then. */
  original: Uint8Array | undefined;
}

/** Bytes: some more than any reader takes. */
const longest = 2_097_152;

const anything: Verdicts = {
  strict: { modern: 'either', compatible: 'either', pbmac1: 'either' },
  inspect: 'either',
};

export interface CaseSettings {
  seed: number;
  corpus: readonly Base[];
  /** What the readers are given. */
  iterationBudget: number;
}

/** @param only takes those steps of the case, by their place, and leaves the others out */
export function caseOf(number: number, settings: CaseSettings, only?: readonly number[]): FuzzCase {
  const random = new Random(settings.seed, number);
  return random.below(5) < 2 ? generated(number, settings, only) : mutated(number, random, settings, only);
}

function generated(
  number: number,
  { seed, iterationBudget }: CaseSettings,
  only: readonly number[] | undefined,
): FuzzCase {
  const chosen = chooseRecipe([seed, number]);
  const recipe = { ...chosen, steps: kept(chosen.steps, only) };
  const file = generate(recipe, iterationBudget);
  return {
    number,
    from: `description, ${recipe.profile}`,
    steps: recipe.steps,
    ...written(file),
    password: file.password,
    contents: fingerprints(file.content),
    original: undefined,
  };
}

function mutated(
  number: number,
  random: Random,
  { seed, corpus, iterationBudget }: CaseSettings,
  only: readonly number[] | undefined,
): FuzzCase {
  const recipe = chooseRecipe([seed, number]);
  const base = random.oneIn(4) ? ofRecipe(recipe, generate(recipe, iterationBudget)) : random.of(corpus);
  const making: Making = random.pick('keep', 'anew');
  const chosen = chooseChanges(random).map((change, i) => `${i + 1}. ${change}`);
  const steps = kept(chosen, only);
  const donor = random.of(corpus);
  const tree = making === 'keep' ? withMacWritten(base.tree) : base.tree;
  const bytes = mutate({
    tree,
    donor: donor.tree,
    making,
    changes: steps.map((step) => ({ name: step.slice(3), random: new Random(seed, number, step) })),
  });
  const known = [base.content, donor.content].flatMap((content) => content ?? []);
  return {
    number,
    from: `${base.name}, its MAC ${making === 'keep' ? 'left alone' : 'made anew'}`,
    steps,
    bytes: bytes.subarray(0, longest),
    password: base.password,
    verdicts: anything,
    contents: making === 'keep' ? new Set(known) : undefined,
    original: making === 'keep' && base.strict ? encode(tree, making) : undefined,
  };
}

function ofRecipe(
  { profile, steps }: Recipe,
  { tree, password, content, verdicts }: Generated,
): Omit<Base, 'privateKeys'> {
  const [known] = fingerprints(content);
  const strict = Object.values(verdicts.strict).includes('open');
  return { name: `description, ${[profile, ...steps].join(', ')}`, password, tree, content: known, strict };
}

function fingerprints(content: Content | undefined): Set<string> {
  return new Set(content === undefined ? [] : [fingerprint(content)]);
}

const kept = (steps: readonly string[], only: readonly number[] | undefined) =>
  steps.filter((_, i) => only?.includes(i) ?? true);
