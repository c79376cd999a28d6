import { spawn } from 'node:child_process';
import * as oidc from 'openid-client';
import { commandLineClient } from '#contract/api/accounts.ts';
import { printable } from '#domain/plain-words.ts';
import { ArgumentsError, type Context, command } from '../command.ts';
import { exitStatus } from '../output.ts';
import { clientOf } from '../server/client.ts';
import { type SignIn, storeSignIn } from '../server/credentials.ts';
import { readSession, type Session } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { configurationOf, type TokenPlace, tokenPlaceOf } from '../sign-in/issuer.ts';
import { signInOf, type Tokens } from '../sign-in/tokens.ts';
import {
  signInAsClient,
  signInByBrowser,
  signInByDevice,
  signInByPassword,
  type Way,
} from '../sign-in/ways.ts';
import { readSecret, readSecretFile } from '../terminal/read-secret.ts';

/** Signs a person or a machine in to a server, and keeps the token. */
export const login = command({
  words: ['login'],
  group: 'Start',
  summary: 'sign in to a server',
  about: [
    'Signs you in where the server says, and keeps the access token in a file that you alone can read ($XDG_CONFIG_HOME/escrow/credentials.json, or what ESCROW_CREDENTIALS names). The server signed in to last is the one that other commands mean.',
    'Without options it prints an address: open it in a browser on this machine, and sign in there. With --device, the browser may be on any machine.',
  ],
  options: {
    browser: { type: 'boolean', says: 'open the address in the browser of this machine' },
    device: { type: 'boolean', says: 'show a code to enter in the browser of any machine' },
    user: {
      type: 'string',
      value: 'NAME',
      says: 'sign in by name and password, where the issuer takes them from a program',
    },
    'password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the password of --user, on one line; - reads it from standard input. Without it you are asked.',
    },
    'client-id': {
      type: 'string',
      value: 'ID',
      says: `the name of this client at the issuer; ${commandLineClient} if not given`,
    },
    'client-secret-file': {
      type: 'string',
      value: 'FILE',
      says: 'sign in as a machine: the secret of --client-id, on one line; - reads it from standard input',
    },
    fresh: { type: 'boolean', says: 'prove who you are again, although you are signed in' },
    server: connectionOptions.server,
    timeout: connectionOptions.timeout,
  },
  exits: { 0: 'signed in', 1: 'not signed in', 5: serverExits[5] },
  examples: [
    ['escrow login', 'then open the address it prints'],
    ['escrow login --server https://escrow.example.org --device', 'on a machine without a browser'],
    ['escrow login --user eva.lund', 'with the evaluation issuer of npm start'],
    ['escrow login --client-id enrollment-workflow --client-secret-file workflow.secret.txt', 'as a machine'],
  ],
  async run(values, context) {
    checkOneWay(values);
    // Whoever signs in has no token to bring.
    const session = await readSession(values, { ...context, environment: withoutToken(context) });
    const message = (text: string) => context.output.message(text);
    const client = clientOf({ ...session, token: undefined, message });
    const place = await tokenPlaceOf(client);
    const tokens = await tokensBy(values, place, session, context);
    const signIn = signInOf(place, tokens);
    await storeSignIn(session.credentials, session.server, signIn);
    message(printable(`Signed in to ${session.server}${nameOf(signIn)}${until(signIn)}.`));
    return exitStatus.ok;
  },
});

interface WayValues {
  browser?: boolean | undefined;
  device?: boolean | undefined;
  user?: string | undefined;
  'password-file'?: string | undefined;
  'client-id'?: string | undefined;
  'client-secret-file'?: string | undefined;
  fresh?: boolean | undefined;
}

/** @throws ArgumentsError */
function checkOneWay(values: WayValues): void {
  const ways = (['browser', 'device', 'user', 'client-secret-file'] as const).filter(
    (name) => values[name] !== undefined,
  );
  if (ways.length > 1) {
    const why = `--${ways[0]} and --${ways[1]} are two ways to sign in: choose one.`;
    throw new ArgumentsError({ why });
  }
  if (values['password-file'] !== undefined && values.user === undefined) {
    throw new ArgumentsError({ why: '--password-file needs --user NAME.' });
  }
  if (values['client-secret-file'] !== undefined && values['client-id'] === undefined) {
    throw new ArgumentsError({ why: '--client-secret-file needs --client-id ID.' });
  }
}

function withoutToken({ environment }: Context): Context['environment'] {
  const { ESCROW_TOKEN_FILE: _unused, ...others } = environment;
  return others;
}

async function tokensBy(
  values: WayValues,
  place: TokenPlace,
  { timeout }: Session,
  { output }: Context,
): Promise<Tokens> {
  const { user, device, fresh = false, 'client-secret-file': secretFile } = values;
  const way = async (authentication: oidc.ClientAuth): Promise<Way> => {
    const clientId = values['client-id'] ?? commandLineClient;
    return { place, configuration: await configurationOf(place, clientId, authentication, timeout) };
  };
  if (secretFile !== undefined) {
    const secret = await readSecretFile(secretFile, output);
    return await signInAsClient(await way(oidc.ClientSecretBasic(secret.text())));
  }
  const asPerson = await way(oidc.None());
  if (user !== undefined) {
    const password = await readSecret(`Password of ${printable(user)}: `, values['password-file'], output);
    return await signInByPassword(asPerson, user, password);
  }
  if (device === true) {
    return await signInByDevice(asPerson, fresh, ({ url, code, complete, seconds }) => {
      output.message(
        `On any machine, open\n\n  ${printable(url)}\n\nand enter the code  ${printable(code)}\n`,
      );
      if (complete !== undefined) output.message(`Or open ${printable(complete)}\n`);
      output.message(`Waiting for you, for ${Math.ceil(seconds / 60)} minutes ...`);
    });
  }
  return await signInByBrowser(asPerson, fresh, (url) => {
    output.message(`Open this address in a browser on this machine, and sign in there:\n\n  ${url}\n`);
    output.message('Waiting for you, for five minutes ...');
    if (values.browser === true) openBrowser(url, output);
  });
}

/** The address holds no secret: what makes it worth anything is kept here (RFC 7636). */
function openBrowser(url: URL, output: Context['output']): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler']
        : ['xdg-open'];
  const child = spawn(program ?? 'xdg-open', [...args, url.href], { stdio: 'ignore', detached: true });
  child.on('error', () => output.message('No browser could be started: open the address yourself.'));
  child.unref();
}

function nameOf({ subject }: SignIn): string {
  return subject === null ? '' : ` as ${subject}`;
}

function until({ expiresAt }: SignIn): string {
  return expiresAt === null ? '' : `, until ${expiresAt}`;
}
