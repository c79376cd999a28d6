import type { Account } from '#contract/api/accounts.ts';
import type { Secret } from '#domain/secret.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import type { Accounts } from './accounts.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { FewAtOnce } from './few-at-once.ts';

/** Whether somebody is who they say; if not, why not, which is all they may know. */
export type SignInResult =
  | { account: Account }
  | { refused: 'wrong-password' | 'too-many-requests' | 'busy' };

/**
 * A password takes a fifth of a second of one of the four threads that also read files and derive keys, and anybody may send
 * one. So half of them are left to the service, and nobody waits longer than some seconds.
 */
const passwordsAtOnce = { running: 2, waiting: 50 } as const;

/** Longest name that is told from others: an account has none that is longer. */
const longestName = 64;

export interface SignInParts {
  accounts: Accounts;
  organization: string;
  clock: Clock;
  ledger?: Ledger;
}

/** A person signs in by name and password: however that reaches us, tries are counted and what came of them is recorded. */
export class SignIn {
  readonly #parts: SignInParts;
  readonly #failed: FailedAttempts;
  /** Of names that are no account's; apart, so that however many there are, they push no account out. */
  readonly #failedOfStrangers: FailedAttempts;
  /** Names that are no account's are a stranger's choice: of those a few are recorded. */
  readonly #strangers: FailedAttempts;
  readonly #refusedMachines: FailedAttempts;
  readonly #passwords = new FewAtOnce(passwordsAtOnce);

  constructor(parts: SignInParts) {
    this.#parts = parts;
    this.#failed = new FailedAttempts(parts.clock);
    this.#failedOfStrangers = new FailedAttempts(parts.clock);
    this.#strangers = new FailedAttempts(parts.clock);
    this.#refusedMachines = new FailedAttempts(parts.clock);
  }

  /**
   * Ten wrong passwords for one name within fifteen minutes make the name wait for the rest of them, whether or not it is an
   * account's. Where more passwords come than can be checked, some are refused as `busy`, and count as no try.
   * @param password erased, whatever comes of it
   * @throws StoreError `store-unavailable` if it could not be recorded: then nobody is signed in
   */
  async check(subject: string, password: Secret): Promise<SignInResult> {
    try {
      return (await this.#passwords.run(() => this.#check(subject, password))) ?? { refused: 'busy' };
    } finally {
      password.erase();
    }
  }

  async #check(subject: string, password: Secret): Promise<SignInResult> {
    // Counted before it is tried: guesses that come at once are no gift.
    const attempt = this.#failedOf(subject).begin(subject.slice(0, longestName + 1));
    if (attempt === 'refused') return { refused: 'too-many-requests' };
    const account = await this.#parts.accounts.withSecret(subject, 'person', password);
    if (account === undefined) {
      await this.#recordRefusal(subject, attempt);
      return { refused: 'wrong-password' };
    }
    await this.#record(subject, { outcome: 'done' });
    this.#failed.forget(subject);
    return { account };
  }

  /**
   * Whether a machine's secret is its own. It cannot be guessed, so tries are not limited, and only the first ten refused of each
   * quarter of an hour are recorded.
   * @param secret erased, whatever comes of it
   * @throws StoreError `store-unavailable` if it could not be recorded
   */
  async checkMachine(subject: string, secret: Secret): Promise<boolean> {
    try {
      const account = await this.#parts.accounts.withSecret(subject, 'machine', secret);
      if (account === undefined && this.#refusedMachines.begin(subject) !== 'refused') {
        await this.#record(subject, { outcome: 'refused', code: 'wrong-password' });
      }
      return account !== undefined;
    } finally {
      secret.erase();
    }
  }

  /** Lets a name try again at once: an administrator gave it another password. */
  forget(subject: string): void {
    this.#failed.forget(subject);
  }

  #failedOf(subject: string): FailedAttempts {
    return this.#parts.accounts.find(subject) === undefined ? this.#failedOfStrangers : this.#failed;
  }

  async #recordRefusal(subject: string, attempt: 'allowed' | 'last'): Promise<void> {
    const known = this.#parts.accounts.find(subject) !== undefined;
    if (!known && this.#strangers.begin('') === 'refused') return;
    const last = attempt === 'last' ? { about: ['the tenth in a row: the account waits'] } : {};
    await this.#record(known ? subject : 'unknown', { outcome: 'refused', code: 'wrong-password', ...last });
  }

  async #record(principal: string, entry: Pick<LedgerEntry, 'outcome' | 'code' | 'about'>): Promise<void> {
    const { ledger, organization } = this.#parts;
    await ledger?.record({ action: 'sign-in', organization, principal, ...entry });
  }
}
