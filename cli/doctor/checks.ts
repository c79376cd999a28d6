import { existsSync } from 'node:fs';
import { routes } from '#contract/routes.ts';
import { asEscrowError } from '#domain/errors.ts';
import { explain } from '#domain/plain-words.ts';
import type { Client } from '../server/client.ts';
import { explainProblem, ServerProblem } from '../server/problem.ts';
import type { Session } from '../server/session.ts';
import { claimsOf } from '../sign-in/claims.ts';
import { version } from '../version.ts';

/** What a check found: all is well, something is worth knowing, or something needs mending. */
export interface Finding {
  check: string;
  result: 'ok' | 'note' | 'mend';
  /** What was found; and, where something needs mending, what to do. */
  says: string;
}

/** Checks that need no server. */
export function localChecks(session: Session): Finding[] {
  return [nodeCheck(process.versions.node), credentialsCheck(session.credentials), signInCheck(session)];
}

const leastNode = 24;

/** @param node as in `24.21.0` */
export function nodeCheck(node: string): Finding {
  const check = 'Node';
  if (Number.parseInt(node, 10) >= leastNode) return { check, result: 'ok', says: node };
  return { check, result: 'mend', says: `${node} is too old: run it as npm run --silent escrow -- ...` };
}

/** That others cannot read the file, whoever read it has seen to. */
function credentialsCheck(file: string): Finding {
  const check = 'sign-ins';
  if (!existsSync(file)) return { check, result: 'note', says: 'none are stored: escrow login' };
  return { check, result: 'ok', says: `yours alone, in ${file}` };
}

const soonMinutes = 5;

/** Whether a token is there, and how long it lasts. @param now milliseconds since 1970 */
export function signInCheck({ server, token, signIn }: Session, now = Date.now()): Finding {
  const check = 'signed in';
  if (token === undefined) return { check, result: 'mend', says: `not signed in to ${server}: escrow login` };
  const claims = claimsOf(token);
  const expires = claims?.exp === undefined ? Date.parse(signIn?.expiresAt ?? '') : claims.exp * 1_000;
  const who = claims?.sub ?? signIn?.subject ?? 'somebody';
  const roles = claims?.roles === undefined ? '' : ` (${claims.roles.join(', ')})`;
  // An issuer need not say when a token ends, nor let anybody look into it.
  if (Number.isNaN(expires)) return { check, result: 'ok', says: `as ${who}${roles}` };
  const minutes = Math.floor((expires - now) / 60_000);
  if (minutes < 0) return { check, result: 'mend', says: `as ${who}, but the token ran out: escrow login` };
  const result = minutes < soonMinutes ? 'note' : 'ok';
  return { check, result, says: `as ${who}${roles}, for ${minutes} min more` };
}

/** Checks of the server; each that the role does not allow says so, and is none to mend. */
export async function serverChecks(client: Client, signedIn: boolean): Promise<Finding[]> {
  const reached = await reachable(client);
  if (reached.some(({ result }) => result === 'mend')) return reached;
  if (!signedIn) return reached;
  return [...reached, ...(await organizationCheck(client)), ...(await statusChecks(client))];
}

/** Seconds that two clocks may differ; tokens and receipts are judged by them. */
const mostDrift = 30;

async function reachable(client: Client): Promise<Finding[]> {
  const check = 'server';
  const before = Date.now();
  try {
    const { build, time } = await client.call(routes.readHealth);
    const middle = (before + Date.now()) / 2;
    return [
      { check, result: 'ok', says: `${client.server} answers, build ${build}` },
      clockCheck((Date.parse(time) - middle) / 1_000),
      versionCheck(build),
    ];
  } catch (error) {
    return [{ check, result: 'mend', says: inOneLine(error) }];
  }
}

/** @param seconds by which the server is ahead */
export function clockCheck(seconds: number): Finding {
  const check = 'clock';
  const drift = Math.abs(seconds);
  if (drift <= mostDrift)
    return { check, result: 'ok', says: `within ${Math.ceil(drift)} s of the server's` };
  const says = `${Math.round(drift)} s ${seconds > 0 ? 'behind' : 'ahead of'} the server's: set the time of the one that is wrong`;
  return { check, result: 'mend', says };
}

/** @param build of the server, which begins with its version where it has one */
export function versionCheck(build: string): Finding {
  const check = 'version';
  const theirs = /(\d+\.\d+\.\d+)/.exec(build)?.[1];
  if (theirs === undefined || theirs === version) return { check, result: 'ok', says: version };
  return {
    check,
    result: 'note',
    says: `this is ${version}, the server is ${theirs}: use the same, if a command is refused`,
  };
}

async function organizationCheck(client: Client): Promise<Finding[]> {
  const check = 'organization';
  return await allowed(check, async () => {
    const { name, id } = await client.call(routes.showOrganization);
    return [{ check, result: 'ok', says: `${name} (${id}) is set up` }];
  });
}

async function statusChecks(client: Client): Promise<Finding[]> {
  return await allowed('service', async () => {
    const { custody, enrollments, messages, deadLetters } = await client.call(routes.readStatus);
    return [
      custody.answers
        ? { check: 'custody', result: 'ok', says: `${custody.kind} answers` }
        : {
            check: 'custody',
            result: 'mend',
            says: `${custody.kind} does not answer: the operator must look at it`,
          },
      deadLetters === 0
        ? { check: 'dead letters', result: 'ok', says: 'none' }
        : { check: 'dead letters', result: 'mend', says: `${deadLetters}: see escrow dead-letters list` },
      stuckCheck(messages.oldestSeconds ?? 0, Number(enrollments['making'] ?? 0)),
    ];
  });
}

/** Work waits for seconds; what waits longer than its own retries is stuck. */
const longestWait = 15 * 60;

/** @param oldest how long the oldest message waits, in seconds @param making key pairs that are being made */
export function stuckCheck(oldest: number, making: number): Finding {
  const check = 'work';
  const inHand = making === 0 ? 'nothing in the making' : `${making} in the making`;
  if (oldest <= longestWait) return { check, result: 'ok', says: `${inHand}, and none stuck` };
  const minutes = Math.round(oldest / 60);
  return {
    check,
    result: 'mend',
    says: `the oldest waits for ${minutes} min: start the server again, and see its log`,
  };
}

/** What a role may not see is not at fault. */
async function allowed(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (asEscrowError(error).code === 'not-permitted') {
      return [{ check, result: 'note', says: 'your role does not show it' }];
    }
    return [{ check, result: 'mend', says: inOneLine(error) }];
  }
}

/** An error as one finding tells it: without the lines for each field. */
export function inOneLine(error: unknown): string {
  const known = asEscrowError(error);
  const text = known instanceof ServerProblem ? explainProblem(known) : explain(known);
  return text.split('\n', 1)[0] ?? text;
}
