import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PfxContent } from '#crypto/pfx/read.ts';
import { InputError, InternalError, PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { type Base, ownCorpus } from './corpus.ts';
import { keyObject } from './key-objects.ts';
import { material } from './material.ts';
import type { Readers } from './observe.ts';
import type { Finding } from './oracle.ts';
import { passwords } from './plan.ts';
import { runRange } from './range.ts';
import { ours, Trials } from './trial.ts';

/** Readers with a bug in them, which some cases must find. */

let corpus: Base[];

beforeAll(async () => {
  corpus = await ownCorpus();
});

async function found(readers: Partial<Readers>, runs = 120): Promise<Set<string>> {
  const settings = { seed: 1, corpus, iterationBudget: 10_000, proveOneIn: 10, slowMs: 100 };
  const tally = await runRange(new Trials(settings, { ...ours, ...readers }), 0, runs);
  const findings = tally.found.flatMap((each): readonly Finding[] => each.findings);
  expect(tally.wrong).toBeGreaterThanOrEqual(tally.found.length);
  return new Set(findings.map(({ kind }) => kind));
}

const content = (): PfxContent => {
  const { pkcs8, certificate } = material('P-256');
  const iterations = { mac: 1, key: 1, certificates: 1 };
  return { privateKey: new Secret(new Uint8Array(pkcs8)), certificates: [certificate], iterations };
};

/** Works for so long. */
function waste(ms: number): void {
  const start = process.threadCpuUsage();
  for (let spent = 0; spent < ms; ) {
    const { user, system } = process.threadCpuUsage(start);
    spent = (user + system) / 1_000;
  }
}

it('finds nothing in the readers as they are, but for what is said of time', async () => {
  const kinds = await found({});
  kinds.delete('slow');
  expect(kinds).toEqual(new Set());
});

describe('finds', () => {
  it.each<[string, string[], Partial<Readers>]>([
    [
      'a reader that opens everything',
      ['opened', 'content', 'wrong password', 'disagree'],
      { read: async () => content() },
    ],
    [
      'a reader that takes any password',
      ['wrong password'],
      { read: (bytes, _, options) => ours.read(bytes, Secret.fromText(passwords[0]), options) },
    ],
    [
      'a reader that takes any profile',
      ['disagree'],
      {
        read: async (bytes, password, options) =>
          ours
            .read(bytes, password, options)
            .catch(() => ours.read(bytes, password, { ...options, profile: 'compatible' })),
      },
    ],
    [
      'a reader that returns another key',
      ['content', 'disagree'],
      {
        read: async (...args) => {
          (await ours.read(...args)).privateKey.erase();
          return content();
        },
      },
    ],
    [
      'a reader that returns another leaf',
      ['content', 'disagree'],
      {
        read: async (...args) => {
          const opened = await ours.read(...args);
          return { ...opened, certificates: [material('P-384').certificate] };
        },
      },
    ],
    [
      'a reader that refuses everything',
      ['refused', 'disagree'],
      {
        read: async () => {
          throw new PfxError('pfx-wrong-password-or-damaged');
        },
      },
    ],
    [
      'a reader that has one code for everything',
      ['code'],
      {
        read: (...args) =>
          ours.read(...args).catch((error: unknown) => {
            throw error instanceof InputError ? error : new PfxError('pfx-unsupported');
          }),
      },
    ],
    [
      'a vendor error',
      ['crash'],
      {
        describe: (bytes) => {
          if (bytes.length > 3_000) throw new RangeError('of a vendor');
          return ours.describe(bytes);
        },
      },
    ],
    [
      'an internal error',
      ['crash'],
      {
        inspect: async () => {
          throw new InternalError('internal');
        },
      },
    ],
    [
      'a description that refuses what opens',
      ['disagree'],
      {
        describe: () => {
          throw new PfxError('pfx-malformed');
        },
      },
    ],
    [
      'a code that only the strict reader has',
      ['code'],
      {
        describe: () => {
          throw new PfxError('pfx-no-mac');
        },
      },
    ],
    [
      'a password in a message',
      ['secret'],
      {
        inspect: async (_, password) => {
          throw new PfxError('pfx-malformed', { why: `${password.text()} is wrong` });
        },
      },
    ],
    [
      'a certificate beside the key that it does not belong to',
      ['disagree'],
      {
        inspect: async (...args) => {
          const seen = await ours.inspect(...args);
          return {
            ...seen,
            found: { ...seen.found, keys: seen.found.keys.map(({ certificate: _, ...key }) => key) },
          };
        },
      },
    ],
  ])('%s', async (_, kinds, readers) => {
    const all = await found(readers);
    for (const kind of kinds) expect(all).toContain(kind);
  });

  it('a slow reader', async () => {
    const describe: Readers['describe'] = (bytes) => {
      waste(120);
      return ours.describe(bytes);
    };
    expect(await found({ describe }, 2)).toContain('slow');
  });

  it("a reader that leaves an error behind in OpenSSL's queue", async () => {
    const [rsa, ec] = (['RSA-2048', 'P-256'] as const).map((name) =>
      createPublicKey(keyObject(material(name).pkcs8)),
    );
    const read: Readers['read'] = (...args) =>
      ours.read(...args).finally(() => {
        if (rsa !== undefined && ec !== undefined) rsa.equals(ec);
      });
    expect(await found({ read })).toContain('crash');
  });

  it('a reader that holds what it was given', async () => {
    const held: Uint8Array[] = [];
    const describe: Readers['describe'] = (bytes) => {
      held.push(new Uint8Array(140 * 1_048_576));
      return ours.describe(bytes);
    };
    expect(await found({ describe }, 1)).toContain('memory');
    held.length = 0;
  });
});

it('leaves out the steps that a finding does not need', async () => {
  const settings = {
    seed: 1,
    corpus,
    iterationBudget: 10_000,
    proveOneIn: 500,
    slowMs: Number.POSITIVE_INFINITY,
  };
  const describe: Readers['describe'] = () => {
    throw new RangeError('always');
  };
  const { found: all } = await runRange(new Trials(settings, { ...ours, describe }), 0, 40);
  expect(all).toHaveLength(40);
  // Some were good files, which is found too, and needs what made them so.
  expect(all.filter(({ steps }) => steps.length === 0).length).toBeGreaterThan(20);
});
