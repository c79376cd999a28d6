import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { services } from './chance.ts';
import { blocksOf, runSeeds, seedVariable } from './seeds.ts';
import { Tally } from './tally.ts';
import { type AwsWorld, openAwsWorld } from './world.ts';

/** What must have happened in some hundred runs, or they have shown nothing. */
const troubles = [
  ...services.flatMap((service) => ['refuse', 'cut', 'lose-answer'].map((kind) => `${service} ${kind}`)),
  ...['killed', 'two at once', 'message twice', 'message again', 'stream record twice'],
  ...['put back', 'fell out of a queue', 'KeyPairAttemptAbandoned', 'BackupEscrowed'],
];

/**
 * The main job over all of AWS's wires, once for each seed. A test is a block of seeds; two files share them, so that two cores do.
 */
export function faultsSuite(first: number, last: number): void {
  describe('whatever fails on the way to AWS, and whenever', () => {
    let world: AwsWorld;
    const tally = new Tally();
    beforeAll(async () => {
      world = await openAwsWorld();
    });
    afterAll(() => world.close());

    it.each(blocksOf(first, last, 25).map((seeds) => [seeds.at(0), seeds.at(-1), seeds] as const))(
      'no backup is twice, no request leaves unproved, no event is lost, and nothing is stuck (seeds %i to %i)',
      async (_first, _last, seeds) => {
        await runSeeds(world, seeds, tally);
      },
    );

    it('really failed, in every way', () => {
      // One run alone has not the room for all of it.
      const wanted = process.env[seedVariable] === undefined ? troubles : [];
      expect(wanted.filter((trouble) => !tally.counts.has(trouble))).toEqual([]);
    });
  });
}
