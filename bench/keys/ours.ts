import { checkSignature, context, type Kind, message, type TokenSubject } from './subject.ts';

/** How often something is done. */
export interface Load {
  /** How many callers ask at once, each again as soon as it has its answer. */
  callers: number;
  /** By all of them together. */
  rounds: number;
}

/** Signs through the provider, all of its public path. @returns nanoseconds for one signature on average */
export async function signOurs(subject: TokenSubject, kind: Kind, load: Load): Promise<number> {
  const { residentKeys, keys } = subject;
  const { name, algorithm } = keys[kind];
  const signature = await residentKeys.sign(name, algorithm, message);
  checkSignature(keys[kind], signature, 'der');
  return timed(load, () => residentKeys.sign(name, algorithm, message));
}

let made = 0;

/** Makes resident keys, each removed before the next; the removal is not counted. @returns nanoseconds for one on average */
export async function generateOurs(
  { residentKeys, keys }: TokenSubject,
  kind: Kind,
  rounds: number,
): Promise<number> {
  let nanoseconds = 0;
  for (let round = 0; round < rounds; round++) {
    const name = `bench.made.${++made}`;
    nanoseconds += await timed({ callers: 1, rounds: 1 }, () =>
      residentKeys.generate(name, keys[kind].spec, context),
    );
    await residentKeys.discard(name);
  }
  return nanoseconds / rounds;
}

/** Makes exportable keys, wrapped and in memory. @returns nanoseconds for one on average */
export async function exportableOurs(subject: TokenSubject, kind: Kind, rounds: number): Promise<number> {
  const { exportableKeys, keys } = subject;
  return timed({ callers: 1, rounds }, async () => {
    const { privateKey } = await exportableKeys.generate(keys[kind].spec, context);
    privateKey.erase();
  });
}

/** Brings one wrapped key into memory again and again. @returns nanoseconds for one on average */
export async function unwrapOurs(subject: TokenSubject, kind: Kind, rounds: number): Promise<number> {
  const { exportableKeys, keys } = subject;
  const { wrapped, privateKey } = await exportableKeys.generate(keys[kind].spec, context);
  privateKey.erase();
  return timed({ callers: 1, rounds }, async () => (await exportableKeys.unwrap(wrapped, context)).erase());
}

async function timed({ callers, rounds }: Load, work: () => Promise<unknown>): Promise<number> {
  const each = Math.ceil(rounds / callers);
  const caller = async () => {
    for (let round = 0; round < each; round++) await work();
  };
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: callers }, caller));
  return Number(process.hrtime.bigint() - start) / (each * callers);
}
