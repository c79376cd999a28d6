import { InternalError } from '#domain/errors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import {
  escrowKinds,
  type PolicyAction,
  type PolicyQuestion,
  policyActions,
  policyStages,
} from '#domain/policy.ts';
import { type PolicyFacts, questionOf } from '#domain/policy-document.ts';
import { type Role, roles } from '#domain/principal.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import { type Mentions, named } from './mentions.ts';

/** Some facts of a question: one choice of a few. */
type Choice = Partial<PolicyFacts>;

/** One way to put a question together: a choice of each. */
type Dimensions = readonly (readonly Choice[])[];

/** Every question that there can be, as far as a policy can tell them apart; numbered, so that some can be taken of many. */
export interface QuestionSpace {
  readonly size: number;
  /** @param index less than `size` */
  at(index: number): PolicyFacts;
}

/**
 * The question space of some rules. Roles come one at a time, as the pairs that the rules name, all together, all but one that they name,
 * and none; a few groups in every way together, more of them one at a time, all, and all but one; persons as the rules name them; lengths
 * and counts as they are at the limits that the rules name, and every one where they reckon. Of an attribute that no rule
 * names, one value stands for all; but purpose, exportability, roles, third parties and agents always vary, since floors ask about them.
 */
export function questionSpace(
  mentions: Mentions,
  actions: readonly PolicyAction[] = policyActions,
): QuestionSpace {
  const parts = actions
    .map((action) => dimensionsOf(action, mentions))
    .map((dimensions) => ({
      dimensions,
      size: dimensions.reduce((product, choices) => product * choices.length, 1),
    }));
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    at(index) {
      let rest = index;
      for (const { dimensions, size } of parts) {
        if (rest < size) return chosen(dimensions, rest);
        rest -= size;
      }
      throw new InternalError('internal', { why: 'there is no such question' });
    },
  };
}

/**
 * The questions of a space, spread over all of it; every one where there are not more than are wanted.
 * @param most how many at most
 */
export function* questionsOf(
  space: QuestionSpace,
  most = Number.POSITIVE_INFINITY,
): Generator<{ facts: PolicyFacts; question: PolicyQuestion }> {
  const { size } = space;
  const step = size <= most ? 1 : spreadingStep(size);
  for (let taken = 0; taken < Math.min(size, most); taken++) {
    const facts = space.at((taken * step) % size);
    yield { facts, question: questionOf(facts) };
  }
}

/** Steps of this length go all over the space, and reach each index once before they repeat one: the golden section, made coprime. */
function spreadingStep(size: number): number {
  let step = Math.floor(size * 0.618_034);
  while (greatestCommonDivisor(step, size) !== 1) step += 1;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function chosen(dimensions: Dimensions, index: number): PolicyFacts {
  let rest = index;
  const facts: PolicyFacts = { action: 'Enroll', purpose: 'identity' };
  for (const choices of dimensions) {
    Object.assign(facts, choices[rest % choices.length]);
    rest = Math.floor(rest / choices.length);
  }
  return facts;
}

function dimensionsOf(action: PolicyAction, mentions: Mentions): Dimensions {
  return [
    [{ action }],
    roleChoices(mentions),
    groupChoices(mentions),
    personChoices(mentions),
    purposes.map((purpose) => ({ purpose })),
    ifNamed(
      mentions,
      ['assurance'],
      assurances.map((assurance) => ({ assurance })),
    ),
    ifNamed(
      mentions,
      ['custody'],
      custodies.map((custody) => ({ custody })),
    ),
    ifNamed(
      mentions,
      ['keySpec', 'keyType', 'keyBits'],
      keySpecNames.map((keySpec) => ({ keySpec })),
    ),
    ...stateDimensions(action, mentions),
    ...contextDimensions(action, mentions),
  ];
}

function ifNamed(
  { attributes }: Mentions,
  names: readonly string[],
  choices: readonly Choice[],
): readonly Choice[] {
  return names.some((name) => attributes.has(name)) ? choices : choices.slice(0, 1);
}

function roleChoices(mentions: Mentions): Choice[] {
  const ofText = roles.filter((role) => named(mentions, 'Role').includes(role));
  const pairs = ofText.flatMap((one, at) =>
    ofText.slice(at + 1).map((other): readonly Role[] => [one, other]),
  );
  const allBut = ofText.map((one) => roles.filter((role) => role !== one));
  const together = [[], ...roles.map((role) => [role]), ...pairs, ...allBut, roles];
  return together.map((each) => ({ roles: each }));
}

/** So many groups are put together in every way there is. */
const fewGroups = 4;

function groupChoices(mentions: Mentions): Choice[] {
  const groups = named(mentions, 'Group');
  if (groups.length === 0) return [{}];
  const each = groups.map((group) => [group]);
  const allBut = groups.map((one) => groups.filter((group) => group !== one));
  const together = groups.length <= fewGroups ? subsetsOf(groups) : [[], ...each, ...allBut, groups];
  return together.map((some) => ({ groups: some }));
}

function subsetsOf(all: readonly string[]): string[][] {
  return Array.from({ length: 2 ** all.length }, (_unused, bits) =>
    all.filter((_each, at) => Math.floor(bits / 2 ** at) % 2 === 1),
  );
}

/** Who asks, and whose key it is: nobody's that is known, the own, or another's. */
function personChoices(mentions: Mentions): Choice[] {
  const persons = ['somebody', ...named(mentions, 'Person')];
  if (!mentions.attributes.has('subscriber')) return persons.map((subject) => ({ subject }));
  return persons.flatMap((subject) => [
    { subject },
    ...[...persons, 'another'].map((subscriber) => ({ subject, subscriber })),
  ]);
}

const beforeTheKey: readonly PolicyAction[] = [
  'Enroll',
  'MakeKey',
  'MakeExportable',
  'Escrow',
  'LockByPassword',
  'LockByRecipient',
  'LockByNothing',
];

/** What is known of a key once it is made; before, nothing is. */
function stateDimensions(action: PolicyAction, mentions: Mentions): Dimensions {
  if (beforeTheKey.includes(action)) return [[{ stage: 'requested' }]];
  const locks: Choice[] = [
    { exportable: true, lock: 'password' },
    { exportable: false, lock: 'resident' },
  ];
  const otherLocks: Choice[] = [
    { exportable: true, lock: 'recipient' },
    { exportable: true, lock: 'held' },
  ];
  // A password may be set before there is a key, and later.
  const stages = policyStages.slice(action === 'SetPassword' ? 0 : 1).map((stage) => ({ stage }));
  return [
    ifNamed(mentions, ['stage'], stages),
    mentions.attributes.has('lock') ? [...locks, ...otherLocks] : locks,
    ifNamed(
      mentions,
      ['escrow'],
      escrowKinds.map((escrow) => ({ escrow })),
    ),
  ];
}

function contextDimensions(action: PolicyAction, mentions: Mentions): Dimensions {
  const parties = [{ thirdParty: false }, { thirdParty: true }];
  if (action === 'SetPassword') return [around(mentions, [0, 1, 128], 128).map((length) => ({ length }))];
  if (action === 'Export')
    return [ifNamed(mentions, ['profile'], [{ profile: 'modern' }, { profile: 'pbmac1' }])];
  if (action === 'RequestRecovery' || action === 'ApproveRecovery') return [parties];
  if (action !== 'ReleaseRecovered') return [];
  return [parties, around(mentions, [0, 1, 2, 3], 16).map((agents) => ({ agents }))];
}

/** The numbers that a rule could tell apart: those it names, and their neighbours; any, where it reckons. */
function around({ numbers, reckons }: Mentions, always: readonly number[], highest: number): number[] {
  if (reckons) return Array.from({ length: highest + 1 }, (_unused, number) => number);
  const near = [...numbers].flatMap((number) => [number - 1, number, number + 1]);
  return [...new Set([...always, ...near])].filter((number) => number >= 0 && number <= highest);
}
