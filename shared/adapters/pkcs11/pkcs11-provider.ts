import { purposes } from '#domain/purpose.ts';
import { Secret } from '#domain/secret.ts';
import type { ExportableKeys, ImportableKeys, KeyProvider, ResidentKeys } from '#ports/key-provider.ts';
import { whileWanted } from '../call-limits.ts';
import { Turns } from '../files/turns.ts';
import type { OpenedToken } from './child/calls.ts';
import { SupervisedToken, type SupervisedTokenSettings } from './supervised-token.ts';

export type Pkcs11ProviderSettings = SupervisedTokenSettings;

/** A key provider over a token, which can also say what the token lacks. */
export interface Pkcs11Provider extends KeyProvider {
  /** What the token cannot do, a sentence each; empty if nothing is missing. */
  describe(): readonly string[];
}

/**
 * Custody in a PKCS#11 token, whose library runs in a process of its own: vendors' libraries crash and hang, and would take
 * the service with them. The provider's own keys are found in the token by label, or made once. Which capabilities there
 * are is read from the token's mechanisms and tried; what the token cannot do is absent, and `describe` says why.
 * @throws ProviderError `provider-misconfigured` if the binding, the library or the token is not there, or the PIN is
 *   wrong; `provider-incapable` if the token cannot compute HMAC-SHA256 or sign receipts; `provider-unavailable`; and what
 *   the PIN source throws
 */
export async function openPkcs11Provider(settings: Pkcs11ProviderSettings): Promise<Pkcs11Provider> {
  const token = new SupervisedToken(settings);
  // Of those who open a fresh token in one process the first makes its keys, and the others find them.
  const opened = await openings.take(settings.module, () => token.open());
  const { receiptKey, residentSpecs, exportableSpecs, importableSpecs, missing } = opened;
  // What is under way on a name ends, and is undone if nobody wants it, before anything else is done on it.
  const turns = new Turns();
  return {
    custody: 'pkcs11',
    ...(residentSpecs !== undefined && { residentKeys: residentKeys(token, turns, residentSpecs) }),
    ...(exportableSpecs !== undefined && { exportableKeys: exportableKeys(token, exportableSpecs) }),
    ...(importableSpecs !== undefined && { importableKeys: importableKeys(token, turns, importableSpecs) }),
    receiptKey: async () => ({ ...receiptKey }),
    signReceipt: (message, options) => whileWanted(options, () => token.call('signReceipt', [message])),
    mac: (message, options) => whileWanted(options, () => token.call('mac', [message])),
    describe: () => missing,
    close: () => token.close(),
  };
}

const openings = new Turns();
type Specs = NonNullable<OpenedToken['residentSpecs']>;

function residentKeys(token: SupervisedToken, turns: Turns, specs: Specs): ResidentKeys {
  return {
    specs,
    purposes,
    generate: (name, spec, context, options) =>
      whileWanted(
        options,
        () => token.call('generateResident', [name, spec, context]),
        () => takeBack(token, name),
        (work) => turns.take(name, work),
      ),
    sign: (name, algorithm, message, options) =>
      whileWanted(options, () => token.call('sign', [name, algorithm, message])),
    discard: (name, options) =>
      whileWanted(options, () => turns.take(name, () => token.call('discard', [name]))),
  };
}

/**
 * Destroys a key that was made for who does not want it any more. Nobody else knows of it, so a crash meanwhile must not keep
 * it: it is destroyed in the next process then.
 */
function takeBack(token: SupervisedToken, name: string): Promise<void> {
  const discard = () => token.call('discard', [name]);
  return discard().catch(discard);
}

function exportableKeys(token: SupervisedToken, specs: Specs): ExportableKeys {
  return {
    specs,
    generate: (spec, context, options) =>
      whileWanted(
        options,
        async () => {
          const made = await token.call('generateExportable', [spec, context]);
          return { ...made, privateKey: new Secret(made.privateKey) };
        },
        ({ privateKey }) => privateKey.erase(),
      ),
    unwrap: (wrapped, context, options) =>
      whileWanted(
        options,
        async () => new Secret(await token.call('unwrap', [wrapped, context])),
        (privateKey) => privateKey.erase(),
      ),
  };
}

function importableKeys(token: SupervisedToken, turns: Turns, specs: Specs): ImportableKeys {
  return {
    specs,
    importKey: (name, spec, privateKey, context, options) =>
      whileWanted(
        options,
        () => {
          // A copy for the way, erased once it was handed over; the caller erases its own.
          const copy = Uint8Array.from(privateKey.bytes());
          return token.call('importKey', [name, spec, copy, context], copy);
        },
        () => takeBack(token, name),
        (work) => turns.take(name, work),
      ),
  };
}
