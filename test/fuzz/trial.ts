import { getHeapStatistics } from 'node:v8';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { Secret } from '#domain/secret.ts';
import { type CaseSettings, caseOf, type FuzzCase } from './cases.ts';
import { keyName, keyObject, spkiOf } from './key-objects.ts';
import { material } from './material.ts';
import { eraseKeys, type Observation, observe, outcomes, type Readers } from './observe.ts';
import { type Finding, judge, type KnownKeys, refusal } from './oracle.ts';
import { Random } from './random.ts';

/** What became of one case. */
export interface Trial {
  findings: Finding[];
  /** `opened`, or the code of the strict reader of the profile that comes nearest. */
  strict: string;
  /** The same of the reader for files in hand. */
  inspect: string;
  /** The slowest call, without what it derived. */
  slowestMs: number;
  /** What heap and buffers grew by, in bytes; not exact, for memory is collected meanwhile. */
  grown: number;
  proved: boolean;
}

export interface TrialSettings extends CaseSettings {
  /** One in so many of the files that the strict reader opens is given to OpenSSL. */
  proveOneIn: number;
  /** Milliseconds that no call may take without a derivation. */
  slowMs: number;
}

export const ours: Readers = { describe: describePfx, inspect: inspectPfx, read: readPfx };

/** Slower ones are tried again: garbage may have been collected, and what is derived on this thread counts the first time. */
const doubtfulMs = 40;
const repetitions = 5;
const mostGrown = 128 * 1_048_576;
/** How many cases share what they derive: the same few salts come again and again. */
const casesOfDerivations = 4_000;

/** Gives cases to the readers, one after the other. */
export class Trials {
  readonly #settings: TrialSettings;
  readonly #readers: Readers;
  readonly #known: KnownKeys;
  #derivations = new PfxDerivations();
  #done = 0;

  constructor(settings: TrialSettings, readers: Readers = ours) {
    this.#settings = settings;
    this.#readers = readers;
    this.#known = knownKeys(settings);
  }

  /** @param only as in `caseOf` */
  async run(number: number, only?: readonly number[]): Promise<{ fuzzCase: FuzzCase; trial: Trial }> {
    if (++this.#done % casesOfDerivations === 0) {
      this.#derivations.erase();
      this.#derivations = new PfxDerivations();
    }
    const fuzzCase = caseOf(number, this.#settings, only);
    return { fuzzCase, trial: await this.#try(fuzzCase) };
  }

  async #try(fuzzCase: FuzzCase): Promise<Trial> {
    const before = memoryHeld();
    const seen = await this.#observed(fuzzCase);
    const grown = Math.max(0, memoryHeld() - before);
    const slowest = await this.#slowest(fuzzCase, seen);
    const proof = await this.#proof(fuzzCase, seen);
    const trial: Trial = {
      findings: [
        ...judge(fuzzCase, seen, this.#known),
        ...(slowest.ms > this.#settings.slowMs
          ? [{ kind: 'slow' as const, what: `${slowest.call}: ${slowest.ms.toFixed(0)} ms` }]
          : []),
        ...(grown > mostGrown ? [{ kind: 'memory' as const, what: `${grown} bytes` }] : []),
        ...proof.findings,
        // What is refused for its structure never came to OpenSSL.
        ...(seen.describe.ok ? canary() : []),
      ],
      strict: nearest(seen),
      inspect: refusal(seen.inspect),
      slowestMs: slowest.ms,
      grown,
      proved: proof.proved,
    };
    eraseKeys(seen);
    return trial;
  }

  #observed(fuzzCase: FuzzCase): Promise<Observation> {
    const { iterationBudget } = this.#settings;
    return observe(this.#readers, fuzzCase, { iterationBudget, derivations: this.#derivations });
  }

  /** The slowest call. A doubtful one is tried again, with every key derived before; the fastest try of each call counts. */
  async #slowest(fuzzCase: FuzzCase, first: Observation): Promise<{ call: string; ms: number }> {
    const times = [...outcomes(first)].map(([call, { ms }]) => ({ call, ms }));
    for (let i = 1; i < repetitions && times.some(({ ms }) => ms > doubtfulMs); i++) {
      const again = await this.#observed(fuzzCase);
      for (const [at, [, { ms }]] of [...outcomes(again)].entries()) {
        const time = times[at];
        if (time !== undefined) time.ms = Math.min(time.ms, ms);
      }
      eraseKeys(again);
    }
    return times.reduce((worst, time) => (time.ms > worst.ms ? time : worst));
  }

  /** What the strict reader opens, OpenSSL opens and uses. */
  async #proof(
    { number, bytes, password }: FuzzCase,
    { strict }: Observation,
  ): Promise<{ proved: boolean; findings: Finding[] }> {
    const profile = pfxProfiles.find((each) => strict[each].ok);
    const outcome = profile === undefined ? undefined : strict[profile];
    const chosen = new Random(this.#settings.seed, number, 'proof').oneIn(this.#settings.proveOneIn);
    if (profile === undefined || outcome?.ok !== true || !chosen) return { proved: false, findings: [] };
    try {
      await proved(bytes, password, profile, outcome.value.privateKey);
      return { proved: true, findings: [] };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return {
        proved: false,
        findings: [{ kind: 'disagree', what: `no proof of what read ${profile} opens: ${cause}` }],
      };
    }
  }
}

async function proved(
  pfx: Uint8Array,
  password: string,
  profile: PfxProfile,
  privateKey: Secret,
): Promise<void> {
  const publicKey = spkiOf(privateKey.bytes());
  await provePfx({ pfx, password: Secret.fromText(password), publicKey, purpose: 'encryption', profile });
}

function knownKeys({ corpus }: CaseSettings): KnownKeys {
  const ofMaterial = (['P-256', 'P-384', 'P-521', 'RSA-2048', 'another P-256'] as const).map(
    (name) => material(name).pkcs8,
  );
  return new Set([...ofMaterial, ...corpus.flatMap(({ privateKeys }) => privateKeys)].map(keyName));
}

/** Bytes on the heap and in buffers. */
export function memoryHeld(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** The refusal that says most: of three readers, two refuse a file for its profile alone. */
function nearest({ strict }: Observation): string {
  const codes = pfxProfiles.map((profile) => refusal(strict[profile]));
  return (
    codes.find((code) => code === 'opened') ??
    codes.find((code) => code !== 'pfx-unsupported') ??
    'pfx-unsupported'
  );
}

/** A good private key is still read: an error that was left behind in OpenSSL's queue would be taken for its own. */
function canary(): Finding[] {
  const { pkcs8 } = material('P-256');
  try {
    keyObject(pkcs8);
    return [];
  } catch {
    return [{ kind: 'crash', what: 'the next private key, a good one, is not read' }];
  }
}
