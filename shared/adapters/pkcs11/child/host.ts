import { ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { openTokenProvider, type TokenProvider } from '../token-provider.ts';
import { administration } from './administration.ts';
import type { Args, CallName, OpenedToken, PlainKeyPair, Result, TokenSettings } from './calls.ts';

type Work<C extends CallName> = (...args: Args<C>) => Promise<Result<C>>;

/** Does what is asked of the process that has the token's library. One token a process: `open` first, `close` last. */
export class TokenHost {
  #opened: TokenProvider | undefined;

  readonly #works: { readonly [C in CallName]: Work<C> } = {
    open: (settings, pin) => this.#open(settings, new Secret(pin)),
    signReceipt: (message) => this.#token().signReceipt(message),
    mac: (message) => this.#token().mac(message),
    generateResident: (name, spec, context) => this.#resident().generate(name, spec, context),
    sign: (name, algorithm, message) => this.#resident().sign(name, algorithm, message),
    discard: async (name) => {
      await this.#resident().discard(name);
      return undefined;
    },
    generateExportable: async (spec, context): Promise<PlainKeyPair> => {
      const made = await this.#exportable().generate(spec, context);
      return { ...made, privateKey: made.privateKey.bytes() };
    },
    unwrap: async (wrapped, context) => (await this.#exportable().unwrap(wrapped, context)).bytes(),
    importKey: async (name, spec, bytes, context) => {
      const privateKey = new Secret(bytes);
      const importing = this.#importable().importKey(name, spec, privateKey, context);
      return await importing.finally(() => privateKey.erase());
    },
    close: async () => {
      await this.#opened?.close();
      return undefined;
    },
    ...administration,
  };

  /** Does one call. @throws what the provider throws */
  run<C extends CallName>(call: C, args: Args<C>): Promise<Result<C>> {
    return this.#works[call](...args);
  }

  async #open(settings: TokenSettings, pin: Secret): Promise<OpenedToken> {
    try {
      this.#opened = await openTokenProvider({ ...settings, pin });
    } finally {
      pin.erase();
    }
    const { residentKeys, exportableKeys, importableKeys } = this.#opened;
    return {
      receiptKey: await this.#opened.receiptKey(),
      ...(residentKeys !== undefined && { residentSpecs: residentKeys.specs }),
      ...(exportableKeys !== undefined && { exportableSpecs: exportableKeys.specs }),
      ...(importableKeys !== undefined && { importableSpecs: importableKeys.specs }),
      missing: this.#opened.describe(),
    };
  }

  #token = () => present(this.#opened);
  #resident = () => present(this.#token().residentKeys);
  #exportable = () => present(this.#token().exportableKeys);
  #importable = () => present(this.#token().importableKeys);
}

/** A capability that was there when the token was first opened may be gone after it was replaced. */
function present<T>(capability: T | undefined): T {
  if (capability !== undefined) return capability;
  throw new ProviderError('provider-incapable', { why: 'the token cannot do this' });
}
