import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import type { EnrollmentQuery, Registry } from '#ports/registry.ts';
import { leftoversThere, organization, perSubscriber, subscriberOf } from './enrollments.ts';

/** Records in a page. */
export const pageSize = 25;

/** One way of asking the registry, of the many that a use case has. */
export interface LookUp {
  name: string;
  /** What it is, to be told. */
  does: string;
  /** How many records each answer must hold, however many enrollments there are. */
  finds: number;
  /** @param chance any number; the same one asks the same. @returns how many records were found */
  ask(registry: Registry, among: number, chance: number): Promise<number>;
}

/** What the use cases ask of the registry that must not cost more the more enrollments there are. */
export const lookUps: readonly LookUp[] = [
  {
    name: 'read',
    does: 'one enrollment by its id',
    finds: 1,
    async ask(registry, among, chance) {
      const id = enrollmentIdFrom(organization, `old-${someIndex(among, chance)}`);
      return (await registry.read('enrollment', organization, id)) === undefined ? 0 : 1;
    },
  },
  page('list-by-state', 'those in one state, from anywhere in the list', () => ({ states: ['ready'] })),
  page('list-by-purpose', 'those of one purpose, from anywhere in the list', () => ({
    purpose: 'encryption',
  })),
  page(
    'list-by-state-and-purpose',
    'those in one state and of one purpose, from anywhere in the list',
    () => ({
      states: ['ready'],
      purpose: 'encryption',
    }),
  ),
  {
    name: 'list-by-subscriber',
    does: `the ${perSubscriber} of one subscriber`,
    finds: perSubscriber,
    async ask(registry, among, chance) {
      const subscriberId = subscriberOf(someIndex(among, chance));
      return (await registry.enrollments({ organization, subscriberId, limit: pageSize })).items.length;
    },
  },
  {
    name: 'leftovers',
    does: `the ${leftoversThere} that still name something to be discarded`,
    finds: leftoversThere,
    async ask(registry) {
      return (await registry.leftovers(organization, pageSize)).items.length;
    },
  },
];

/** A page of a list that begins somewhere in its first half, so that it is full however short the list. */
function page(name: string, does: string, query: () => Pick<EnrollmentQuery, 'states' | 'purpose'>): LookUp {
  return {
    name,
    does: `a page of ${pageSize} of ${does}`,
    finds: pageSize,
    async ask(registry, _among, chance) {
      const cursor = somewhereInTheFirstHalf(chance);
      return (await registry.enrollments({ organization, ...query(), cursor, limit: pageSize })).items.length;
    },
  };
}

/** Scattered, and the same each time. */
function someIndex(among: number, chance: number): number {
  return (chance * 7_919) % among;
}

/** As ids are spread evenly, half of them come after a first letter of the second half. */
function somewhereInTheFirstHalf(chance: number): string {
  const letters = 'abcdefghijklmnop';
  const id = enrollmentIdFrom(organization, `cursor-${chance}`);
  return `enr_${letters[chance % letters.length]}${id.slice(5)}`;
}

/**
 * Asks several times, and holds each answer to what it must find.
 * @param from the first of the chances, so that no two samples ask the same
 */
export async function askAll(
  { ask, finds, name }: LookUp,
  registry: Registry,
  { among, times, from }: { among: number; times: number; from: number },
): Promise<void> {
  for (let round = 0; round < times; round++) {
    const found = await ask(registry, among, from + round);
    if (found !== finds) throw new Error(`${name} found ${found} of ${finds} among ${among}`);
  }
}
