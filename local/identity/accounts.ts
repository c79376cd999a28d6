import { join } from 'node:path';
import * as v from 'valibot';
import { Turns } from '#adapters/files/turns.ts';
import { type Account, accountSchema, commandLineClient } from '#contract/api/accounts.ts';
import { checkPassword, generatePassword } from '#crypto/passwords.ts';
import { AccessError, InputError, StateError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { RecordNow } from '#ports/ledger.ts';
import { whatStands } from '#steps/may-stand.ts';
import {
  type Credential,
  credentialSchema,
  fits,
  machineCredential,
  passwordCredential,
} from './credentials.ts';
import { readOwnerOnlyJson, writeOwnerOnly } from './owner-only-file.ts';
import { SetUpCode } from './set-up-code.ts';

/** Length is what makes a password strong where it is all there is to sign in with (SP 800-63B-4 section 3.1.1.2). */
const passwordRules = { minimumLength: 12, maximumLength: 128 };

const kept = v.strictObject({ ...accountSchema.entries, credential: credentialSchema });
const fileSchema = v.strictObject({ version: v.literal(1), accounts: v.array(kept) });
type Kept = v.InferOutput<typeof kept>;

/** Records a change that is about to be made. */
type Recording = () => ReturnType<RecordNow>;

/** The accounts of the evaluation issuer, in one file that is replaced whole. What they are asked for, they have in memory. */
export class Accounts {
  readonly #path: string;
  readonly #turns = new Turns();
  #kept: ReadonlyMap<string, Kept>;
  readonly #setUpCode: SetUpCode;

  private constructor(path: string, accounts: readonly Kept[], setUpCode: SetUpCode) {
    this.#path = path;
    this.#kept = bySubject(accounts);
    this.#setUpCode = setUpCode;
  }

  /** @throws ProviderError `provider-misconfigured` if a file is damaged or open to others; the error of node:fs */
  static async open(folder: string): Promise<Accounts> {
    const path = join(folder, 'accounts.json');
    const { accounts } = (await readOwnerOnlyJson(path, fileSchema)) ?? { accounts: [] };
    const setUpCode = await SetUpCode.open(folder, { needed: !accounts.some(isAdministrator) });
    return new Accounts(path, accounts, setUpCode);
  }

  /** Where the set-up code stands; undefined once there is an administrator. */
  get setUpCodePath(): string | undefined {
    return this.#hasAdministrator() ? undefined : this.#setUpCode.path;
  }

  list(): Account[] {
    return [...this.#kept.values()].map(shown);
  }

  find(subject: string): Account | undefined {
    const found = this.#kept.get(subject);
    return found && shown(found);
  }

  /** The account, if it is of this kind and the secret is its; in the same time if there is no such account. */
  async withSecret(subject: string, kind: Account['kind'], secret: Secret): Promise<Account | undefined> {
    const found = this.#kept.get(subject);
    const credential = found?.kind === kind ? found.credential : undefined;
    const right = await fits(credential, secret);
    // Removed, or given another password, while the hash was made: then this one is worth nothing.
    return right && this.#kept.get(subject) === found ? this.find(subject) : undefined;
  }

  /** Whether text is the set-up code, which is good as long as there is no administrator. */
  isSetUpCode(text: string): boolean {
    return !this.#hasAdministrator() && this.#setUpCode.is(text);
  }

  /**
   * Adds an account. A machine's secret is always generated, a person's password where none is given.
   * @param password erased by whoever made it
   * @param options.bySetUp the set-up code asks: it adds the first administrator, a person, and nobody else
   * @param options.recordNow records it just before it counts
   * @returns the account, and what was generated
   * @throws StateError `already-exists`; AccessError `not-permitted`; InputError `password-too-weak`, `password-not-ascii`,
   *   `invalid-input`; the error of node:fs
   */
  async add(
    account: Account,
    password?: Secret,
    { bySetUp = false, recordNow }: { bySetUp?: boolean; recordNow?: Recording } = {},
  ): Promise<{ account: Account; secret?: Secret }> {
    const { credential, secret } = await credentialFor(account, password);
    const added = shown(account);
    await this.#change((accounts) => {
      if (bySetUp) checkFirstAdministrator(account, accounts);
      if (
        accounts.some(({ subject }) => subject === account.subject) ||
        account.subject === commandLineClient
      ) {
        throw new StateError('already-exists', { field: 'subject', why: 'is an account already' });
      }
      return [...accounts, { ...added, credential }];
    }, recordNow);
    if (this.#hasAdministrator()) await this.#setUpCode.discard();
    return { account: added, ...(secret !== undefined && { secret }) };
  }

  /**
   * Removes an account.
   * @param recordNow records it just before it counts
   * @throws AccessError `not-found`; StateError `wrong-state` for the last administrator; the error of node:fs
   */
  async remove(subject: string, recordNow?: Recording): Promise<void> {
    await this.#change((accounts) => {
      const others = accounts.filter((account) => account.subject !== subject);
      if (others.length === accounts.length) throw new AccessError('not-found');
      if (accounts.some(isAdministrator) && !others.some(isAdministrator)) {
        throw new StateError('wrong-state', {
          field: 'subject',
          why: 'is the last administrator',
          next: 'Add another administrator first.',
        });
      }
      return others;
    }, recordNow);
  }

  /**
   * Sets another password, or makes another secret for a machine.
   * @param recordNow records it just before it counts
   * @returns what was generated
   * @throws AccessError `not-found`; InputError as `add`; the error of node:fs
   */
  async setPassword(subject: string, password?: Secret, recordNow?: Recording): Promise<{ secret?: Secret }> {
    const found = this.#kept.get(subject);
    if (found === undefined) throw new AccessError('not-found');
    const { credential, secret } = await credentialFor(found, password);
    await this.#change((accounts) => {
      if (!accounts.some((account) => account.subject === subject)) throw new AccessError('not-found');
      return accounts.map((account) => (account.subject === subject ? { ...account, credential } : account));
    }, recordNow);
    return secret === undefined ? {} : { secret };
  }

  #hasAdministrator(): boolean {
    return [...this.#kept.values()].some(isAdministrator);
  }

  /** Each change starts from what the one before it left, is recorded if it is possible, and counts once it is on disk. */
  async #change(
    change: (accounts: readonly Kept[]) => readonly Kept[],
    recordNow?: Recording,
  ): Promise<void> {
    await this.#turns.take('accounts', async () => {
      const accounts = change([...this.#kept.values()]);
      await recordNow?.();
      await whatStands(() => writeOwnerOnly(this.#path, { version: 1, accounts }));
      this.#kept = bySubject(accounts);
    });
  }
}

function bySubject(accounts: readonly Kept[]): ReadonlyMap<string, Kept> {
  return new Map(accounts.map((account) => [account.subject, account]));
}

function shown({ subject, displayName, kind, roles }: Account): Account {
  return { subject, displayName, kind, roles: [...new Set(roles)] };
}

function isAdministrator({ kind, roles }: Account): boolean {
  return kind === 'person' && roles.includes('administrator');
}

function checkFirstAdministrator(account: Account, accounts: readonly Kept[]): void {
  if (isAdministrator(account) && !accounts.some(isAdministrator)) return;
  throw new AccessError('not-permitted', {
    why: 'The set-up code adds the first administrator, who is a person, and nobody else.',
    next: 'Sign in as an administrator to add others.',
  });
}

async function credentialFor(
  { kind }: Account,
  password: Secret | undefined,
): Promise<{ credential: Credential; secret?: Secret }> {
  if (kind === 'machine') {
    if (password !== undefined) throw new InputError('invalid-input', machineHasNoPassword);
    return machineCredential();
  }
  if (password !== undefined) {
    checkPassword(password, passwordRules);
    return { credential: await passwordCredential(password) };
  }
  const secret = generatePassword();
  return { credential: await passwordCredential(secret), secret };
}

const machineHasNoPassword = {
  field: 'password',
  why: 'is not for a machine to have',
  next: 'Leave it out: a secret is generated.',
};
