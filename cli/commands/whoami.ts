import { AccessError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readSession, type Session } from '../server/session.ts';
import { connectionOptions, serverExits } from '../server/settings.ts';
import { type Claims, claimsOf } from '../sign-in/claims.ts';

/** Shows who the stored token speaks for, and how long. */
export const whoami = command({
  words: ['whoami'],
  group: 'Start',
  summary: 'show who is signed in, and until when',
  about: [
    'Shows the server that is meant, and what the access token for it says. Nothing is sent, and nothing of the token is checked: whether it is accepted, the server decides.',
  ],
  options: {
    json: jsonOption,
    server: connectionOptions.server,
    'token-file': connectionOptions['token-file'],
  },
  exits: { 0: 'signed in', 1: 'not known', 4: serverExits[4] },
  examples: ['escrow whoami'],
  async run(values, context) {
    const session = await readSession(values, context);
    if (session.token === undefined) {
      throw new AccessError('sign-in-required', {
        why: `You are not signed in to ${session.server}.`,
        next: 'Sign in first: escrow login',
      });
    }
    const known = whoIs(session, session.token);
    if (values.json === true) await writeJson(context.output, known);
    else await context.output.data(describe(known));
    return known.expired ? exitStatus.access : exitStatus.ok;
  },
});

interface Known {
  server: string;
  subject: string | null;
  organization: string | null;
  roles: string[];
  issuer: string | null;
  signedInAt: string | null;
  expiresAt: string | null;
  expired: boolean;
}

function whoIs({ server, signIn }: Session, token: string): Known {
  const claims: Claims = claimsOf(token) ?? {};
  const expiresAt = moment(claims.exp) ?? signIn?.expiresAt ?? null;
  return {
    server,
    subject: claims.sub ?? signIn?.subject ?? null,
    organization: claims.organization ?? null,
    roles: claims.roles ?? [],
    issuer: claims.iss ?? signIn?.issuer ?? null,
    signedInAt: moment(claims.auth_time) ?? null,
    expiresAt,
    expired: expiresAt !== null && Date.parse(expiresAt) <= Date.now(),
  };
}

function moment(seconds: number | undefined): string | undefined {
  // Date has no year beyond this.
  return seconds === undefined || Math.abs(seconds) > 8.64e12
    ? undefined
    : new Date(seconds * 1_000).toISOString();
}

function describe(known: Known): string {
  const { expired, expiresAt } = known;
  const lines = [
    `${known.subject ?? 'Somebody whom the token does not name'}, at ${known.server}`,
    `  organization  ${known.organization ?? '(the token does not say)'}`,
    `  roles         ${known.roles.join(', ') || '(the token does not say)'}`,
    `  issuer        ${known.issuer ?? '(the token does not say)'}`,
    ...(known.signedInAt === null ? [] : [`  signed in     ${known.signedInAt}`]),
    `  token         ${expiresAt === null ? 'of a duration it does not say' : lasts(expiresAt, expired)}`,
  ];
  return lines.map(printable).join('\n');
}

function lasts(expiresAt: string, expired: boolean): string {
  if (expired) return `ran out at ${expiresAt}; sign in again: escrow login`;
  const minutes = Math.floor((Date.parse(expiresAt) - Date.now()) / 60_000);
  return `until ${expiresAt}, ${minutes < 1 ? 'less than a minute' : `${minutes} min`} from now`;
}
