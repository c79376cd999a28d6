import type { PfxDerivations } from '#crypto/pfx/derivations.ts';
import type { PfxDescription } from '#crypto/pfx/describe.ts';
import type { InspectOptions, PfxInspection } from '#crypto/pfx/inspect.ts';
import type { PfxContent, PfxReadOptions } from '#crypto/pfx/read.ts';
import { PfxError } from '#domain/errors.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';

/** What is tried: the readers of the codec, or some in their place. */
export interface Readers {
  describe: (bytes: Uint8Array) => PfxDescription;
  inspect: (bytes: Uint8Array, password: Secret, options: InspectOptions) => Promise<PfxInspection>;
  read: (bytes: Uint8Array, password: Secret, options: PfxReadOptions) => Promise<PfxContent>;
}

/** What became of one call, and how long this thread worked on it: another process may have had the processor meanwhile. */
export type Outcome<T> = { ms: number } & ({ ok: true; value: T } | { ok: false; error: unknown });

/** What became of one file. */
export interface Observation {
  describe: Outcome<PfxDescription>;
  inspect: Outcome<PfxInspection>;
  strict: Readonly<Record<PfxProfile, Outcome<PfxContent>>>;
  /** Under a password that is not the file's. */
  wrong: { inspect: Outcome<PfxInspection>; strict: readonly Outcome<PfxContent>[] };
}

export interface Conditions {
  iterationBudget: number;
  derivations: PfxDerivations;
}

/** Gives one file to every reader, under the right password and under a wrong one. */
export async function observe(
  { describe, inspect, read }: Readers,
  { bytes, password }: { bytes: Uint8Array; password: string },
  options: Conditions,
): Promise<Observation> {
  const right = Secret.fromText(password);
  const wrong = Secret.fromText(`${password}?`);
  const strictly = (profile: PfxProfile, secret: Secret) =>
    outcome(() => read(bytes, secret, { ...options, profile }));
  const described = await outcome(() => describe(bytes));
  const inspected = await outcome(() => inspect(bytes, right, options));
  const strict = {
    modern: await strictly('modern', right),
    compatible: await strictly('compatible', right),
    pbmac1: await strictly('pbmac1', right),
  };
  const reached = pfxProfiles.filter((profile) => strict[profile].ok || wasTried(strict[profile].error));
  const wrongly: Outcome<PfxContent>[] = [];
  for (const profile of reached) wrongly.push(await strictly(profile, wrong));
  const wrongInspect = inspected.ok ? await outcome(() => inspect(bytes, wrong, options)) : inspected;
  return {
    describe: described,
    inspect: inspected,
    strict,
    wrong: { inspect: wrongInspect, strict: wrongly },
  };
}

/** Whether the password was used at all: what is refused for its form is refused under any. */
function wasTried(error: unknown): boolean {
  return (
    !(error instanceof PfxError) ||
    error.code === 'pfx-wrong-password-or-damaged' ||
    error.code === 'pfx-parts-differ'
  );
}

async function outcome<T>(call: () => T | Promise<T>): Promise<Outcome<T>> {
  const start = process.threadCpuUsage();
  try {
    const value = await call();
    return { ms: worked(start), ok: true, value };
  } catch (error) {
    return { ms: worked(start), ok: false, error };
  }
}

function worked(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since);
  return (user + system) / 1_000;
}

/** Every call, with its name. */
export function* outcomes({
  describe,
  inspect,
  strict,
  wrong,
}: Observation): Iterable<[string, Outcome<unknown>]> {
  yield ['describe', describe];
  yield ['inspect', inspect];
  for (const profile of pfxProfiles) yield [`read ${profile}`, strict[profile]];
  yield ['inspect under a wrong password', wrong.inspect];
  for (const each of wrong.strict) yield ['read under a wrong password', each];
}

/** Overwrites the private keys that were found. */
export function eraseKeys({ inspect, strict, wrong }: Observation): void {
  for (const each of [inspect, wrong.inspect]) {
    if (each.ok) for (const { privateKey } of each.value.found.keys) privateKey.erase();
  }
  for (const each of [...Object.values(strict), ...wrong.strict]) if (each.ok) each.value.privateKey.erase();
}
