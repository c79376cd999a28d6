import { printable } from '#domain/plain-words.ts';
import { type Context, command } from '../command.ts';
import { type Finding, inOneLine, localChecks, nodeCheck, serverChecks } from '../doctor/checks.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { clientOf } from '../server/client.ts';
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
  const session = await sessionOf(values, context);
  if ('result' in session) return [nodeCheck(process.versions.node), session];
  const client = clientOf({ ...session, message: (text) => context.output.message(text) });
  return [...localChecks(session), ...(await serverChecks(client, session.token !== undefined))];
}

/** A file of sign-ins that is of no use is something to mend; a wrong address is wrong usage. */
async function sessionOf(values: ConnectionValues, context: Context): Promise<Session | Finding> {
  try {
    return await readSession(values, context);
  } catch (error) {
    if (values.server !== undefined || values['token-file'] !== undefined) throw error;
    return { check: 'sign-ins', result: 'mend', says: inOneLine(error) };
  }
}

const marks = { ok: 'ok  ', note: 'note', mend: 'MEND' } as const;

function lineOf({ check, result, says }: Finding): string {
  return printable(`${marks[result]}  ${check.padEnd(13)}${says}`);
}
