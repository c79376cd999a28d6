import { join } from 'node:path';
import { identityPath } from '#contract/api/accounts.ts';
import type { OrganizationView } from '#contract/api/organization.ts';
import { routes } from '#contract/routes.ts';
import { asEscrowError, SetUpError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { type Context, command } from '../command.ts';
import {
  type Administrator,
  addFirstAdministrator,
  readSetUpCode,
  signInAdministrator,
} from '../init/administrator.ts';
import { type Answers, type InitValues, isBuiltIn, readAdministrator, readAnswers } from '../init/answers.ts';
import { checkRecoveryKeyFile, recoveryKeyIn } from '../init/recovery-key.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readGoodPolicy } from '../policies/read-folder.ts';
import { type Client, clientOf } from '../server/client.ts';
import { ServerProblem } from '../server/problem.ts';
import { readSession, type Session } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { tokenPlaceOf } from '../sign-in/issuer.ts';
import { readNewSecret, readSecret } from '../terminal/read-secret.ts';
import { retentionOf } from './organization.ts';

const usualCodeFile = `.escrow${identityPath}/set-up-code`;

/** Sets up an organization on a server that is new. */
export const init = command({
  words: ['init'],
  group: 'Start',
  summary: 'set up the organization, its first administrator and its recovery key',
  about: [
    'Sets up a server that was just started: adds the first administrator, signs that one in, makes the recovery key and sets up the organization. What is not said by options is asked for. Broken off and run again, it goes on where it was.',
    'The private half of the recovery key is made here, written to the file that you name, and sent nowhere: keep it offline, in two places. Without it, nothing in escrow can ever be recovered; whoever has it and the stored backups can.',
    `With the evaluation issuer of npm start, the administrator is added by a code that stands in the server's data folder (${usualCodeFile}), so that only whoever can read that folder can do so. With an issuer of your own, sign in first (escrow login) as an administrator.`,
  ],
  options: {
    name: {
      type: 'string',
      value: 'NAME',
      says: 'the name of the organization, as certificate requests show it',
    },
    contact: {
      type: 'string',
      value: 'CONTACT',
      says: 'whom a refusal names: a person, an address, a number',
    },
    administrator: { type: 'string', value: 'ACCOUNT', says: 'the account name of the first administrator' },
    'password-file': {
      type: 'string',
      value: 'FILE',
      says: "the administrator's password, on one line; - reads it from standard input. Without it you are asked.",
    },
    'recovery-key': {
      type: 'string',
      value: 'FILE',
      says: 'where the private half of the recovery key goes (JWK, mode 0600); never overwritten',
    },
    continue: { type: 'boolean', says: 'take the recovery key that an earlier run left in that file' },
    policy: {
      type: 'string',
      value: 'DIR',
      says: "the folder of the organization's policy, as policies/general is one; that one if not given",
    },
    'retention-days': {
      type: 'string',
      value: 'DAYS',
      says: 'how long escrowed backups are locked, and nobody can remove one; 1095 if not given',
    },
    'set-up-code-file': {
      type: 'string',
      value: 'FILE',
      says: `where the server's set-up code is; ${usualCodeFile} if not given`,
    },
    json: { ...jsonOption, says: 'print the organization as JSON' },
    ...connectionOptions,
  },
  exits: { 0: 'set up', 1: 'not set up', ...serverExits },
  examples: [
    ['escrow init', 'asks for all that it needs'],
    "escrow init --name 'Example Corp' --contact 'Help desk, +1 555 0100' --administrator ada --recovery-key /media/usb/recovery.private.jwk",
  ],
  async run({ json, policy: folder, 'retention-days': days, ...values }, context) {
    const retentionDays = days === undefined ? undefined : retentionOf(days);
    const policy = folder === undefined ? undefined : await readGoodPolicy(folder);
    const chosen = { ...(policy && { policy }), ...(retentionDays !== undefined && { retentionDays }) };
    const session = await readSession(values, context);
    const client = await administratorClient(session, values, context);
    const standing = await organizationThere(client);
    const organization = standing ?? (await setUp(client, values, chosen, context));
    const { output } = context;
    output.message(
      printable(
        standing === undefined
          ? `${organization.name} (${organization.id}) is set up.`
          : `${organization.name} (${organization.id}) is set up already, with a recovery key of its own: none was made, and nothing changed. Change it with: escrow organization set`,
      ),
    );
    if (standing === undefined) output.message(nextSteps);
    if (json === true) await writeJson(output, organization);
    return exitStatus.ok;
  },
});

const nextSteps = [
  'Next:',
  '  escrow accounts add eva.lund --role subscriber   # with the evaluation issuer: whoever is to sign in',
  '  escrow enroll --csv examples/subscribers.csv --dry-run',
  '  escrow doctor',
].join('\n');

interface Values extends InitValues {
  'password-file'?: string | undefined;
  'set-up-code-file'?: string | undefined;
  continue?: boolean | undefined;
}

/** A client that an administrator is signed in with, who is added first where there is none. */
async function administratorClient(
  session: Session,
  values: Values,
  { output, startedIn }: Context,
): Promise<Client> {
  const message = (text: string) => output.message(text);
  const connection = { server: session.server, timeout: session.timeout, message };
  const open = clientOf({ ...connection, token: undefined });
  const place = await tokenPlaceOf(open);
  const code = isBuiltIn(place.issuer, place.resource)
    ? await readSetUpCode(values['set-up-code-file'] ?? join(startedIn, usualCodeFile))
    : undefined;
  if (code === undefined && session.token !== undefined)
    return clientOf({ ...connection, token: session.token });
  if (!isBuiltIn(place.issuer, place.resource)) throw signInFirst(place.issuer);
  // All that can be wrong with what was typed is found before the first thing is done.
  if (values['recovery-key'] !== undefined) {
    checkRecoveryKeyFile(values['recovery-key'], values.continue === true);
  }
  if (code === undefined) {
    message(
      'No set-up code is there: the first administrator was added before, or --set-up-code-file must name it.',
    );
  }
  const administrator = await administratorOf(values, code !== undefined, output);
  if (code !== undefined && !(await addFirstAdministrator(session, code, administrator, output))) {
    message('The first administrator was added before.');
  }
  return clientOf({ ...connection, token: await signInAdministrator(place, session, administrator) });
}

function signInFirst(issuer: string): SetUpError {
  return new SetUpError('usage', {
    why: `The server takes tokens of ${issuer}, whose accounts are made there.`,
    next: 'Sign in as an administrator first: escrow login',
  });
}

async function administratorOf(
  values: Values,
  isNew: boolean,
  output: Context['output'],
): Promise<Administrator> {
  const subject = await readAdministrator(values);
  const file = values['password-file'];
  const password = isNew
    ? await readNewSecret(`new password of ${printable(subject)}`, file, output)
    : await readSecret(`Password of ${printable(subject)}: `, file, output);
  return { subject, password };
}

async function organizationThere(client: Client): Promise<OrganizationView | undefined> {
  try {
    return await client.call(routes.showOrganization);
  } catch (error) {
    if (error instanceof ServerProblem && asEscrowError(error).code === 'not-set-up') return undefined;
    throw error;
  }
}

async function setUp(
  client: Client,
  values: Values,
  chosen: { policy?: PolicyDocument; retentionDays?: number },
  { output }: Context,
): Promise<OrganizationView> {
  const { name, contact, recoveryKeyFile }: Answers = await readAnswers(values);
  const recoveryKey = await recoveryKeyIn(recoveryKeyFile, values.continue === true, output);
  const body = { name, contact, recoveryKey: { ...recoveryKey }, ...chosen };
  return await client.call(routes.setUpOrganization, { body });
}
