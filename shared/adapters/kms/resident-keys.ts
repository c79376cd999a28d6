import { ProviderError, StateError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames } from '#domain/key-spec.ts';
import { type Purpose, purposeNames, purposes } from '#domain/purpose.ts';
import type { CallOptions, ImportableKeys, KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { throwIfUnwanted } from '../call-limits.ts';
import { Turns } from '../files/turns.ts';
import { importedPublicKey } from '../imported-key.ts';
import type { CallRules, KmsCalls } from './calls.ts';
import { importMaterial } from './import-material.ts';
import { residentAlias } from './names.ts';
import { createKey, dropKey, findKey, nameKey, publicKeyOf, removeAlias } from './new-key.ts';
import { RecentlyMade } from './recently-made.ts';
import type { KeySettings } from './settings.ts';
import { signDigest } from './signing.ts';
import { keyTags } from './tags.ts';

export interface KmsResidentKeys {
  resident: ResidentKeys;
  importable: ImportableKeys;
}

/** A key that is to be made under a name. */
interface Wanted {
  name: string;
  spec: KeySpec;
  context: KeyContext;
  origin: 'AWS_KMS' | 'EXTERNAL';
  /** Makes the new key usable, and gives its public half. */
  fill(arn: string): Promise<Uint8Array>;
}

/**
 * KMS keys that sign and never leave, found by an alias each. All of them are for signing: a KMS key has one usage, so none
 * could both sign its request and decrypt.
 *
 * A key counts from the moment that it has its alias, which AWS KMS gives to one key only. Until then it is known by its tags,
 * and what fails or crashes before is scheduled for deletion, here or by `sweepUnnamedKeys`.
 */
export function kmsResidentKeys(calls: KmsCalls, settings: KeySettings, now: () => number): KmsResidentKeys {
  const work = new ResidentWork(calls, settings);
  const recent = new RecentlyMade(now);
  // What is under way on a name ends, and is undone if nobody wants it, before anything else is done on it.
  const turns = new Turns();
  const remove = async (name: string) => {
    await work.discard(name, { fresh: recent.has(name) });
    recent.delete(name);
  };
  const make = (wanted: Wanted, options: CallOptions | undefined) =>
    calls.whole(
      options,
      async () => {
        const publicKey = await work.make(wanted, options);
        recent.add(wanted.name);
        return publicKey;
      },
      () => remove(wanted.name),
      (each) => turns.take(wanted.name, each),
    );

  return {
    resident: {
      specs: keySpecNames,
      purposes: servedPurposes(settings),
      generate: (name, spec, context, options) => {
        const fill = (arn: string) => publicKeyOf(calls, arn, { fresh: true });
        return make({ name, spec, context, origin: 'AWS_KMS', fill }, options);
      },
      sign: async (name, algorithm, message, options) => {
        const alias = residentAlias(settings.aliasPrefix, name);
        if (alias === undefined) throw new ProviderError('key-not-found');
        return await signDigest(calls, alias, algorithm, message, options, { fresh: recent.has(name) });
      },
      discard: (name, options) =>
        calls.whole(
          options,
          () => turns.take(name, () => remove(name)),
          () => undefined,
        ),
    },
    importable: {
      specs: keySpecNames,
      importKey: (name, spec, privateKey, context, options) => {
        const fill = (arn: string) => importMaterial(calls, arn, spec, privateKey, options);
        // What is no private key costs no key in AWS KMS.
        const check = async () => importedPublicKey(privateKey, spec);
        return check().then(() => make({ name, spec, context, origin: 'EXTERNAL', fill }, options));
      },
    },
  };
}

/** A key that only signs is of no use for encryption, unless whoever set this up says so. */
function servedPurposes({ signOnlyEncryptionKeys }: KeySettings): readonly Purpose[] {
  return signOnlyEncryptionKeys ? purposes : ['identity'];
}

class ResidentWork {
  readonly #calls: KmsCalls;
  readonly #settings: KeySettings;

  constructor(calls: KmsCalls, settings: KeySettings) {
    this.#calls = calls;
    this.#settings = settings;
  }

  async make(wanted: Wanted, options: CallOptions | undefined): Promise<Uint8Array> {
    const alias = this.#usableAlias(wanted);
    if ((await findKey(this.#calls, alias)) !== undefined) throw nameTaken();
    throwIfUnwanted(options ?? {});
    const arn = await createKey(this.#calls, this.#describe(wanted));
    try {
      const publicKey = await wanted.fill(arn);
      throwIfUnwanted(options ?? {});
      if (!(await nameKey(this.#calls, alias, arn))) throw nameTaken();
      return publicKey;
    } catch (error) {
      await this.#giveUp(alias, arn);
      throw error;
    }
  }

  /** @param rules `fresh` where the key was made here moments ago: it is there, so that nothing is found may pass */
  async discard(name: string, rules: CallRules): Promise<void> {
    const alias = residentAlias(this.#settings.aliasPrefix, name);
    if (alias === undefined) return;
    const key = await findKey(this.#calls, alias, rules);
    if (key === undefined) return;
    // The alias goes last: a crash in between leaves a name to discard again, and not a key that nobody knows.
    await dropKey(this.#calls, key.arn, this.#settings.deletionWindowDays);
    await removeAlias(this.#calls, alias);
  }

  /** Takes back a key that was not finished. What cannot be reached now is left to the sweep, or to `discard` by name. */
  async #giveUp(alias: string, arn: string): Promise<void> {
    try {
      await dropKey(this.#calls, arn, this.#settings.deletionWindowDays, { fresh: true });
      // The alias may be ours although its giving failed: an answer can be lost.
      if ((await findKey(this.#calls, alias))?.arn === arn) await removeAlias(this.#calls, alias);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
    }
  }

  #usableAlias({ name, context }: Wanted): string {
    const alias = residentAlias(this.#settings.aliasPrefix, name);
    if (alias === undefined) {
      throw new ProviderError('provider-incapable', {
        field: 'name',
        why: 'is no name for a key: letters, digits, dots, hyphens and underscores, at most 128',
      });
    }
    if (!servedPurposes(this.#settings).includes(context.purpose)) {
      throw new ProviderError('provider-incapable', {
        why: 'a key in AWS KMS that signs its request decrypts nothing, so it is of no use for encryption',
        next: 'Allow the key to be exportable, or keep it in a PKCS#11 token.',
      });
    }
    return alias;
  }

  #describe({ name, spec, context, origin }: Wanted) {
    return {
      KeySpec: spec,
      KeyUsage: 'SIGN_VERIFY',
      Origin: origin,
      Description: `${purposeNames[context.purpose].label} ${name}`,
      Tags: keyTags(this.#settings, { ...context, name }),
    } as const;
  }
}

function nameTaken(): StateError {
  return new StateError('already-exists', { why: 'a resident key of this name exists' });
}
