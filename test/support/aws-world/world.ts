import type { JWK } from 'jose';
import { exportJWK, generateKeyPair } from 'jose';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { Random } from '#test/fuzz/random.ts';
import { type Cloud, startCloud } from './cloud.ts';
import type { Done, Passing } from './front.ts';
import { Gate } from './gate.ts';
import { type Lane, openLane } from './lane.ts';

export const laneNames = ['first', 'second'] as const;
export type LaneName = (typeof laneNames)[number];

/** What a run does with the requests of its functions. */
export interface Wires {
  /** What goes wrong with a request whose turn it is. */
  before(lane: LaneName, passing: Passing): Fault | undefined;
  done(lane: LaneName, done: Done): void;
  isDead(lane: LaneName): boolean;
  /** 0 to 1 */
  random(): number;
}

/** What all runs of a process share: stand-ins for AWS, two lanes of functions over them, and the keys of people. */
export interface AwsWorld {
  cloud: Cloud;
  gate: Gate;
  lanes: Readonly<Record<LaneName, Lane>>;
  recipientKey: PublicJwk;
  recoveryKey: { publicKey: JWK; privateKey: JWK };
  /** From now on, the wires are this run's. */
  take(wires: Wires): void;
  close(): Promise<void>;
}

const untouched: Wires = { before: () => undefined, done() {}, isDead: () => false, random: () => 0.5 };

export async function openAwsWorld(): Promise<AwsWorld> {
  await using opening = new AsyncDisposableStack();
  const cloud = await startCloud();
  opening.defer(() => cloud.close());
  const gate = new Gate(new Random('gate'));
  let wires = untouched;
  const open = async (name: LaneName): Promise<Lane> => {
    const time = { random: () => wires.random(), isDead: () => wires.isDead(name) };
    const lane = await openLane(name, cloud, time, {
      before: async (passing) => {
        await gate.turn(name);
        return wires.before(name, passing);
      },
      done: (done) => wires.done(name, done),
      after: () => gate.done(),
    });
    opening.defer(() => lane.close());
    return lane;
  };
  const lanes = { first: await open('first'), second: await open('second') };
  const { publicKey } = await generateKeyPair('ECDH-ES', { extractable: true });
  const { kty = '', crv = '', x = '', y = '' } = await exportJWK(publicKey);
  const opened = opening.move();
  return {
    cloud,
    gate,
    lanes,
    recipientKey: { kty, crv, x, y },
    recoveryKey: await makeRecoveryKey(),
    take: (next) => {
      wires = next;
    },
    close: () => opened.disposeAsync(),
  };
}
