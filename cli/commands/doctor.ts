import { printable } from '#domain/plain-words.ts';
import { type Context, command } from '../command.ts';
import { type Finding, localChecks, serverChecks } from '../doctor/checks.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { clientOf } from '../server/client.ts';
import { credentialsFile } from '../server/credentials.ts';
import { readSession, type Session } from '../server/session.ts';
import { type ConnectionValues, connectionOptions } from '../server/settings.ts';

/** Checks the set-up, and says what to mend. */
export const doctor = command({
  words: ['doctor'],
  group: 'Operate',
  summary: 'check the set-up, and say what to mend',
  about: [
    'Checks what a command needs, one thing a line: this program, the stored sign-in, the server, its clock, the organization, custody, and the work that it has in hand. What your role does not show is left out.',
  ],
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'all is well', 1: 'something needs mending' },
  examples: ['escrow doctor', 'escrow doctor --server https://escrow.example.org'],
  async run({ json, ...values }, context) {
    const findings = await findingsOf(values, context);
    if (json === true) await writeJson(context.output, { findings });
    else await context.output.data(findings.map(lineOf).join('\n'));
    return findings.some(({ result }) => result === 'mend') ? exitStatus.no : exitStatus.ok;
  },
});

async function findingsOf(values: ConnectionValues, context: Context): Promise<Finding[]> {
  const { environment, output } = context;
  const credentials = credentialsFile(environment);
  const session = await sessionOf(values, context);
  const local = await localChecks(session, credentials);
  if (session === undefined) return local;
  const client = clientOf({ ...session, message: (text) => output.message(text) });
  return [...local, ...(await serverChecks(client, session.token !== undefined))];
}

/** Undefined where the file of sign-ins is of no use, which a check of its own says; a wrong address is wrong usage. */
async function sessionOf(values: ConnectionValues, context: Context): Promise<Session | undefined> {
  try {
    return await readSession(values, context);
  } catch (error) {
    if (values.server !== undefined) throw error;
    context.output.message(`escrow: ${error instanceof Error ? printable(error.message) : 'no session'}`);
    return undefined;
  }
}

const marks = { ok: 'ok  ', note: 'note', mend: 'MEND' } as const;

function lineOf({ check, result, says }: Finding): string {
  return printable(`${marks[result]}  ${check.padEnd(13)}${says}`);
}
