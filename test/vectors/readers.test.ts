import { describe, expect, it } from 'vitest';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx, type PfxInspection } from '#crypto/pfx/inspect.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { keySpecOf } from '#crypto/public-key.ts';
import { EscrowError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { type PfxVector, pfxVectors, vectorBytes } from './pfx/vector.ts';

/** What is done with a vector: null, or the code of the refusal. */
async function outcome(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof EscrowError) return error.code;
    throw error;
  }
}

const passwordOf = ({ password }: PfxVector) => Secret.fromText(password);

function held({ found }: PfxInspection) {
  return {
    keys: found.keys.map(({ publicKey, state }) =>
      publicKey === undefined ? state : keySpecOf(publicKey.export({ format: 'der', type: 'spki' })),
    ),
    certificates: found.certificates.length,
    others: found.others,
  };
}

describe.each(pfxVectors)('$file', (vector) => {
  const bytes = vectorBytes(vector);

  it('is taken by the strict reader, or refused, as the index says', async () => {
    const { profile, refusal } = vector.strict;
    expect(await outcome(() => readPfx(bytes, passwordOf(vector), { profile }))).toBe(refusal);
  });

  it('is opened for a person, or refused, as the index says', async () => {
    expect(await outcome(() => inspectPfx(bytes, passwordOf(vector)))).toBe(vector.inspection);
  });

  it('opens under its own password alone', async () => {
    const refused = await outcome(() => inspectPfx(bytes, Secret.fromText('another password')));
    // A file of which nothing is encrypted or held together opens under any.
    const { keys, certificates, integrity } = vector.traits;
    const bare = [...keys, ...certificates, integrity].every((trait) => trait === 'none');
    expect(refused === null).toBe(bare);
  });
});

describe.each(pfxVectors.filter(({ inspection }) => inspection === null))('$file', (vector) => {
  it('holds what the index says, protected as it says', async () => {
    const inspection = await inspectPfx(vectorBytes(vector), passwordOf(vector));
    const { keys, certificates, integrity, mostIterations } = vector.traits;
    expect(inspection.traits).toEqual({ keys, certificates, integrity, mostIterations });
    expect(inspection.encoding).toBe(vector.encoding);
    const { friendlyName, ...holds } = vector.holds;
    expect(held(inspection)).toEqual(holds);
    const [key] = inspection.found.keys;
    if (key !== undefined) expect(key.friendlyName ?? null).toBe(friendlyName);
    expect(inspection.found.keys.every(({ state }) => state === 'whole')).toBe(true);
  });

  it('shows how it is held together before its password is known', () => {
    expect(describePfx(vectorBytes(vector)).traits.integrity).toBe(vector.traits.integrity);
  });
});
