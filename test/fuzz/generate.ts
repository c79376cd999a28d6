import type { ErrorCode } from '#domain/error-codes.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { build } from './build.ts';
import { type Content, contentOf } from './content.ts';
import { departures } from './departures.ts';
import { type Edit, madeEdit } from './edit.ts';
import { edits } from './edits.ts';
import { type Expectation, expectationOf } from './model.ts';
import { type FilePlan, goodPlan } from './plan.ts';
import { Random } from './random.ts';
import { encode, type Tlv } from './tlv.ts';

/** What must become of a file: `refuse` with any code, or with one of some. */
export type Verdict = 'open' | 'either' | 'refuse' | ReadonlySet<ErrorCode>;

export interface Verdicts {
  strict: Readonly<Record<PfxProfile, Verdict>>;
  inspect: Verdict;
}

/** A file by description. */
export interface Generated {
  tree: Tlv;
  password: string;
  verdicts: Verdicts;
  /** Where the file holds one whole pair. */
  content: Content | undefined;
}

/** What makes a case again: each step has choices of its own, so that any can be left out. */
export interface Recipe {
  seed: readonly (number | string)[];
  profile: PfxProfile;
  /** Names of `departures`, and at the end at most one of `edits`. */
  steps: readonly string[];
}

/** Bytes: nobody looks inside a larger one. */
const largestFile = 1_048_576;
const refused: Verdict = new Set(['pfx-too-large']);
const tooLarge: Verdicts = {
  strict: { modern: refused, compatible: refused, pbmac1: refused },
  inspect: refused,
};

const departureNames = Object.keys(departures);
const editNames = Object.keys(edits);

/** Chooses what is to be generated: a good file, one that departs from it, one with a hostile value, or all of that. */
export function chooseRecipe(seed: Recipe['seed']): Recipe {
  const random = new Random(...seed, 'recipe');
  const some = Array.from({ length: random.pick(0, 0, 0, 1, 1, 1, 2, 3) }, () => random.of(departureNames));
  const edit = random.oneIn(2) ? [random.of(editNames)] : [];
  return { seed, profile: random.of(pfxProfiles), steps: [...some, ...edit] };
}

/** Writes what a recipe describes. An edit of a field that the file does not have is left out. */
export function generate({ seed, profile, steps }: Recipe, iterationBudget: number): Generated {
  let plan = goodPlan(profile, new Random(...seed, 'good'));
  for (const step of steps) plan = departures[step]?.(plan, new Random(...seed, step)) ?? plan;
  const tree = build(plan);
  const name = steps.find((step) => step in edits) ?? '';
  const edit = edits[name];
  const changed = edit && madeEdit(tree, edit, new Random(...seed, name));
  const made = changed === undefined ? undefined : edit;
  const limits = { iterationBudget, rc2Bytes: Math.max(rc2Bytes(tree), rc2Bytes(changed ?? tree)) };
  return {
    tree: changed ?? tree,
    password: plan.password,
    verdicts: verdictsOf(plan, expectationOf(plan, limits), made),
    content: contentOf(plan),
  };
}

/** The file as bytes, and what must become of it in that form. */
export function written({ tree, verdicts }: Generated): { bytes: Uint8Array; verdicts: Verdicts } {
  const bytes = encode(tree);
  return { bytes, verdicts: bytes.length > largestFile ? tooLarge : verdicts };
}

function rc2Bytes(tree: Tlv): number {
  const { content, seal } = tree;
  const inside = content instanceof Uint8Array ? 0 : content.reduce((sum, inner) => sum + rc2Bytes(inner), 0);
  return seal?.cipher === 'rc2-cbc' ? inside + encode({ ...tree, form: 'bare' }).length : inside;
}

function verdictsOf(
  { integrity }: FilePlan,
  { strict, inspect }: Expectation,
  edit: Edit | undefined,
): Verdicts {
  const strictVerdict = (profile: PfxProfile) => verdictOf(strict[profile], edit?.strict ?? []);
  return {
    strict: {
      modern: strictVerdict('modern'),
      compatible: strictVerdict('compatible'),
      pbmac1: strictVerdict('pbmac1'),
    },
    inspect: edit === undefined ? verdictOf(inspect, []) : inspected(inspect, integrity, edit),
  };

  /** A file that is refused already may be refused for that, or for the edit, or the edit took it away. */
  function verdictOf(wrong: ReadonlySet<ErrorCode>, codes: readonly ErrorCode[]): Verdict {
    if (edit === undefined) return wrong.size === 0 ? 'open' : wrong;
    if (wrong.size > 0) return codes.length > 0 ? 'refuse' : 'either';
    return codes.length === 0 ? 'open' : new Set(codes);
  }
}

/** What an edit says of the reader for files in hand holds for files that it takes, and that have a MAC. */
function inspected(
  wrong: ReadonlySet<ErrorCode>,
  integrity: FilePlan['integrity'],
  { inspect }: Edit,
): Verdict {
  if (wrong.size > 0 || integrity === 'none' || inspect === undefined) return 'either';
  return inspect.length === 0 ? 'open' : new Set(inspect);
}
