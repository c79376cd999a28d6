import type { FunctionName } from '#contract/functions.ts';
import { functions } from '#contract/functions.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import { assumptions, gigabyteSeconds } from './assumptions.ts';
import { added, scaled, type Usage } from './bill.ts';
import { type CostedLock, organization, prepareMainJob } from './main-job.ts';
import type { FunctionShare } from './meter.ts';
import { SmallCloud } from './small-cloud.ts';
import type { Stored } from './stand-ins.ts';

export interface Counted {
  /** What one enrollment takes, on average. */
  perEnrollment: Usage;
  /** How many bytes one enrollment leaves. */
  stored: Stored;
  /** What one enrollment takes, in each round. */
  rounds: Usage[];
  /** What one enrollment takes of each function, on average over the first round. */
  functions: Map<FunctionName, FunctionShare>;
}

export interface Counting {
  keySpec: KeySpec;
  source: 'memory' | 'kms';
  lock: CostedLock;
  /** How often, and how many enrollments each time, after some that are not counted. */
  rounds: number;
  perRound: number;
  /** Is told what is under way. */
  say(text: string): void;
}

/** Untold at first: compilers and connections get ready, as they are in a function that was in use before. */
const warmUps = 5;

/** Runs the main job several times over the functions and stand-ins, and counts what AWS would bill for one. */
export async function countEnrollments(counting: Counting): Promise<Counted> {
  const { keySpec, source, lock, rounds, perRound, say } = counting;
  say('starting the functions and the stand-ins that they call');
  const cloud = await SmallCloud.open(organization, source);
  try {
    const { enrollOne } = await prepareMainJob(cloud, keySpec, lock);
    for (let round = 0; round < warmUps; round++) await enrollOne();
    await cloud.seal();
    cloud.meter.take();
    say(`enrolling ${rounds * perRound} subscribers, and counting each call`);
    const taken: Taken[] = [];
    const before = cloud.stored();
    for (let round = 0; round < rounds; round++) {
      for (let each = 0; each < perRound; each++) {
        if (each > 0 && each % assumptions.enrollmentsPerSegment === 0) await cloud.seal();
        await enrollOne();
      }
      await cloud.seal();
      taken.push(cloud.meter.take());
    }
    const stored = storedEach(before, cloud.stored(), rounds * perRound);
    return { ...summed(taken, await cloud.starts(), perRound), stored };
  } finally {
    await cloud.close();
  }
}

type Taken = ReturnType<SmallCloud['meter']['take']>;

function summed(
  taken: readonly Taken[],
  starts: ReadonlyMap<FunctionName, number>,
  perRound: number,
): Omit<Counted, 'stored'> {
  const rounds = taken.map(({ usage, functions: shares }) =>
    scaled(added(usage, startsOf(shares, starts)), 1 / perRound),
  );
  const [{ functions: shares } = { functions: new Map<FunctionName, FunctionShare>() }] = taken;
  return {
    perEnrollment: scaled(rounds.reduce(added), 1 / rounds.length),
    rounds,
    functions: new Map([...shares].map(([name, share]) => [name, shareOf(share, perRound)])),
  };
}

function storedEach(before: Stored, after: Stored, among: number): Stored {
  return { dynamodb: (after.dynamodb - before.dynamodb) / among, s3: (after.s3 - before.s3) / among };
}

/** What the starts of functions add, as few as they are. */
function startsOf(
  shares: ReadonlyMap<FunctionName, FunctionShare>,
  starts: ReadonlyMap<FunctionName, number>,
): Usage {
  let seconds = 0;
  for (const [name, { invocations }] of shares) {
    const { memoryMegabytes = 512 } = { memoryMegabytes: undefined, ...functions[name] };
    const start = { processorMilliseconds: starts.get(name) ?? 0, waitingMilliseconds: 0, memoryMegabytes };
    seconds += (invocations / assumptions.invocationsPerStart) * gigabyteSeconds(start);
  }
  return { 'lambda-gb-second': seconds };
}

function shareOf(share: FunctionShare, among: number): FunctionShare {
  return {
    invocations: share.invocations / among,
    processorMilliseconds: share.processorMilliseconds / among,
    waitingMilliseconds: share.waitingMilliseconds / among,
    gigabyteSeconds: share.gigabyteSeconds / among,
  };
}
