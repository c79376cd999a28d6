import { accountRoutes } from '#contract/api/accounts.ts';
import { printable } from '#domain/plain-words.ts';
import { rolesOfTokens } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import { ArgumentsError, type Context, command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { confirmed, yesOption } from '../terminal/confirm.ts';
import { readNewSecret } from '../terminal/read-secret.ts';
import { table } from '../terminal/table.ts';
import { checkNotTaken, writeNewFile } from '../write-file.ts';

const about =
  'Of the evaluation issuer, which npm start brings along; an issuer of your own has its own accounts.';

const accountOperand = { name: 'ACCOUNT', required: 'The name of one account must be given.' } as const;

const secretOptions = {
  'password-file': {
    type: 'string',
    value: 'FILE',
    says: "a person's password, on one line; - reads it from standard input. Without it you are asked, twice.",
  },
  'secret-out': {
    type: 'string',
    value: 'FILE',
    says: 'have a password or, for a machine, a secret generated, and written to FILE (mode 0600)',
  },
} as const;

/** Lists accounts. */
export const listAccounts = command({
  words: ['accounts', 'list'],
  group: 'Organization',
  summary: 'list who can sign in (evaluation issuer)',
  about: [`Lists who can sign in. ${about}`],
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow accounts list'],
  async run({ json, ...values }, context) {
    const client = await openClient(values, context);
    const found = await client.call(accountRoutes.listAccounts);
    if (json === true) await writeJson(context.output, found);
    else {
      const columns = [
        { heading: 'ACCOUNT' },
        { heading: 'KIND' },
        { heading: 'ROLES' },
        { heading: 'NAME', shortens: true },
      ];
      const rows = found.accounts.map(({ subject, kind, roles, displayName }) => [
        subject,
        kind,
        roles.join(','),
        displayName,
      ]);
      await context.output.data(table(columns, rows));
    }
    return exitStatus.ok;
  },
});

/** Adds an account. */
export const addAccount = command({
  words: ['accounts', 'add'],
  group: 'Organization',
  summary: 'let somebody sign in (evaluation issuer)',
  about: [
    `Lets a person or a machine sign in. A subscriber's account has the name that the subscriber's enrollments have. ${about}`,
  ],
  operand: accountOperand,
  options: {
    role: {
      type: 'string',
      value: 'ROLE',
      says: `what for, once each: ${rolesOfTokens.join(', ')}`,
      multiple: true,
      required: '--role must say what the account is for.',
      words: rolesOfTokens,
    },
    'display-name': {
      type: 'string',
      value: 'NAME',
      says: 'how people call it; the name of the account if not given',
    },
    machine: { type: 'boolean', says: 'a machine, which signs in as an OAuth client; needs --secret-out' },
    ...secretOptions,
    json: { ...jsonOption, says: 'print the account as JSON, without its secret' },
    ...connectionOptions,
  },
  exits: { 0: 'added', 1: 'not added', ...serverExits },
  examples: [
    'escrow accounts add eva.lund --role subscriber',
    'escrow accounts add workflow --machine --role enrollment-workflow --secret-out workflow.secret.txt',
  ],
  async run({ role, machine = false, 'display-name': displayName, json, ...values }, context, subject) {
    const { output } = context;
    if (machine) checkMachine(values);
    const client = await openClient(values, context);
    const password = await passwordOf(values, context);
    const roles = rolesOfTokens.filter((known) => role?.some((given) => given === known) === true);
    try {
      const { account, secret } = await client.call(accountRoutes.addAccount, {
        body: {
          subject,
          displayName: displayName ?? subject,
          kind: machine ? 'machine' : 'person',
          roles,
          ...(password !== undefined && { password: password.text() }),
        },
      });
      await keep(secret, values['secret-out'], context);
      if (json === true) await writeJson(output, account);
      else output.message(printable(`${account.subject} can sign in, as ${account.roles.join(', ')}.`));
      return exitStatus.ok;
    } finally {
      password?.erase();
    }
  },
});

/** Removes an account. */
export const removeAccount = command({
  words: ['accounts', 'remove'],
  group: 'Organization',
  summary: 'let somebody sign in no more (evaluation issuer)',
  about: [
    `Removes an account. Tokens that were given stay good until they run out, within the hour. ${about}`,
  ],
  operand: accountOperand,
  options: { yes: yesOption, ...connectionOptions },
  exits: { 0: 'removed', 1: 'not removed', ...serverExits },
  examples: ['escrow accounts remove eva.lund'],
  async run({ yes, ...values }, context, subject) {
    const client = await openClient(values, context);
    if (!(await confirmed(`Remove the account ${subject}?`, yes))) return exitStatus.no;
    await client.call(accountRoutes.removeAccount, { params: { subject } });
    context.output.message('Removed.');
    return exitStatus.ok;
  },
});

/** Sets another password of an account. */
export const setAccountPassword = command({
  words: ['accounts', 'set-password'],
  group: 'Organization',
  summary: 'set the password that somebody signs in with (evaluation issuer)',
  about: [
    `Sets another password, or has another secret made for a machine. It is what one signs in with, not the password of a key. ${about}`,
  ],
  operand: accountOperand,
  options: { ...secretOptions, ...connectionOptions },
  exits: { 0: 'set', 1: 'not set', ...serverExits },
  examples: ['escrow accounts set-password eva.lund'],
  async run(values, context, subject) {
    const client = await openClient(values, context);
    const password = await passwordOf(values, context);
    try {
      const body = password === undefined ? {} : { password: password.text() };
      const { secret } = await client.call(accountRoutes.setAccountPassword, { params: { subject }, body });
      await keep(secret, values['secret-out'], context);
      context.output.message('Set.');
      return exitStatus.ok;
    } finally {
      password?.erase();
    }
  },
});

interface SecretValues {
  'password-file'?: string | undefined;
  'secret-out'?: string | undefined;
}

function checkMachine(values: SecretValues): void {
  if (values['secret-out'] === undefined) {
    throw new ArgumentsError({
      why: '--machine needs --secret-out FILE: a machine cannot choose its secret.',
    });
  }
}

/** The password that was chosen; undefined where one is to be generated. */
async function passwordOf(values: SecretValues, { output }: Context): Promise<Secret | undefined> {
  const { 'password-file': file, 'secret-out': out } = values;
  if (file !== undefined && out !== undefined) {
    throw new ArgumentsError({ why: '--password-file and --secret-out cannot both be given.' });
  }
  if (out === undefined) return await readNewSecret('new password', file, output);
  checkNotTaken(out);
  return undefined;
}

async function keep(
  secret: string | undefined,
  file: string | undefined,
  { output }: Context,
): Promise<void> {
  if (secret === undefined || file === undefined) return;
  await writeNewFile(file, `${secret}\n`, 0o600);
  output.message(`The secret is in ${printable(file)}.`);
}
