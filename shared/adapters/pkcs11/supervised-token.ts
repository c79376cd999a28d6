import { EscrowError, ProviderError } from '#domain/errors.ts';
import { askPin } from './ask-pin.ts';
import type { Args, CallName, OpenedToken, Result, TokenSettings } from './child/calls.ts';
import { ChildLink, TokenLostError, usualHang } from './child-link.ts';
import type { PinSource } from './pin-source.ts';

export interface SupervisedTokenSettings extends TokenSettings {
  /** Asked for the user PIN at every login: at the start, and after the library crashed or the token was away. */
  pin: PinSource;
  /** Variables that the library reads when it is initialized, such as SOFTHSM2_CONF. */
  environment?: Readonly<Record<string, string>>;
  /** A library that answers no call for so long, in milliseconds, hangs and is ended; 180,000 if not given. A PIN source may take as long. */
  hangMilliseconds?: number;
}

const firstPause = 100;
const longestPause = 30_000;

/** What may be done again on a new child when the token was lost: it leaves nothing in the token, or is the same twice. */
const repeatable: readonly CallName[] = [
  'signReceipt',
  'mac',
  'sign',
  'discard',
  'generateExportable',
  'unwrap',
];

/**
 * A token whose library runs in a process of its own. A crash there, or a hang, fails the calls under way and no more; the
 * next call starts the library anew and logs in. The same is done when the token was removed or the login lost. After a
 * failure to come back it rests, longer each time up to half a minute. A PIN that the token refused is never tried again.
 */
export class SupervisedToken {
  readonly #settings: SupervisedTokenSettings;
  /** The latest; not open yet while it is being started. */
  #link: ChildLink | undefined;
  #starting: Promise<ChildLink> | undefined;
  #opened: OpenedToken | undefined;
  /** Why nothing is tried any more. */
  #end: EscrowError | undefined;
  #failures = 0;
  #restUntil = 0;

  constructor(settings: SupervisedTokenSettings) {
    this.#settings = settings;
  }

  /**
   * Opens the token for the first time.
   * @throws ProviderError as `openTokenProvider`, and what the PIN source throws
   */
  async open(): Promise<OpenedToken> {
    const { opened } = await this.#start();
    this.#opened = opened;
    return opened;
  }

  /**
   * Asks the library for something.
   * @param secrets bytes among the arguments that are erased once they were handed over, or could not be
   * @throws ProviderError `provider-unavailable` if the library crashed or the token was lost meanwhile, or has not come
   *   back yet; otherwise what the provider throws
   */
  async call<C extends CallName>(call: C, args: Args<C>, ...secrets: Uint8Array[]): Promise<Result<C>> {
    try {
      return await this.#callOnce(call, args, secrets);
    } catch (error) {
      if (!(error instanceof TokenLostError) || !repeatable.includes(call)) throw error;
      return await this.#callOnce(call, args, secrets);
    } finally {
      for (const secret of secrets) secret.fill(0);
    }
  }

  /** Lets what is under way end, and ends the library's process; one that is being started is ended too. */
  async close(): Promise<void> {
    this.#end ??= new ProviderError('provider-unavailable', { why: 'the key provider was closed' });
    // One that is not open yet has nothing under way, and may hang.
    if (this.#starting !== undefined) this.#link?.kill();
    await this.#link?.close();
  }

  async #callOnce<C extends CallName>(call: C, args: Args<C>, secrets: Uint8Array[]): Promise<Result<C>> {
    // Without a pause where there is a link: what was asked before a close is handed over before it.
    const link = this.#current() ?? (await this.#replacement());
    const result = await link.call(call, args, ...secrets);
    this.#failures = 0;
    return result;
  }

  #current(): ChildLink | undefined {
    if (this.#end !== undefined) throw this.#end;
    return this.#starting === undefined && this.#link?.useless === false ? this.#link : undefined;
  }

  #replacement(): Promise<ChildLink> {
    this.#starting ??= this.#replace().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #replace(): Promise<ChildLink> {
    const rest = this.#restUntil - performance.now();
    if (rest > 0) throw restingError(rest);
    // What is under way on the old one ends there.
    void this.#link?.close();
    this.#link = undefined;
    this.#failures++;
    // One failure may be chance; from the second on it rests before the next.
    const pause = this.#failures < 2 ? 0 : Math.min(firstPause * 2 ** this.#failures, longestPause);
    this.#restUntil = performance.now() + pause;
    try {
      const { link } = await this.#start();
      if (this.#end !== undefined) throw this.#end;
      return link;
    } catch (error) {
      throw this.#end ?? awayError(error);
    }
  }

  async #start(): Promise<{ link: ChildLink; opened: OpenedToken }> {
    const { pin: source, environment, hangMilliseconds, ...token } = this.#settings;
    const pin = await askPin(source, hangMilliseconds ?? usualHang);
    if (this.#end !== undefined) {
      pin.fill(0);
      throw this.#end;
    }
    const link = new ChildLink({
      ...(environment !== undefined && { environment }),
      ...(hangMilliseconds !== undefined && { hangMilliseconds }),
      ...(token.sessions !== undefined && { threads: token.sessions }),
      ...(token.waitMilliseconds !== undefined && { waitMilliseconds: token.waitMilliseconds }),
    });
    this.#link = link;
    try {
      // Another token of the same name has other keys: nothing of ours would open with it.
      const receiptKeyId = this.#opened?.receiptKey.kid;
      const which = { ...token, ...(receiptKeyId !== undefined && { receiptKeyId }) };
      return { link, opened: await link.call('open', [which, pin], pin) };
    } catch (error) {
      // What the token refused is for a person; its source may give another.
      if (isOfPin(error)) this.#end ??= error;
      await link.close();
      throw error;
    }
  }
}

function isOfPin(error: unknown): error is EscrowError {
  return (
    error instanceof EscrowError && error.code === 'provider-misconfigured' && error.details.field === 'pin'
  );
}

/** What was right at the start is not misconfigured now, but away. */
function awayError(error: unknown): unknown {
  if (!(error instanceof EscrowError) || error.code !== 'provider-misconfigured') return error;
  return new ProviderError('provider-unavailable', {
    why: `the token has not come back (${error.message})`,
    next: error.next,
    cause: error,
  });
}

function restingError(milliseconds: number): ProviderError {
  return new ProviderError('provider-unavailable', {
    why: "the token's library failed several times in a row and rests before the next start",
    retryAfterSeconds: Math.ceil(milliseconds / 1_000),
  });
}
