import * as v from 'valibot';
import { identityPath } from '#contract/api/accounts.ts';
import { subscriberIdentifier, text } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { SetUpError } from '#domain/errors.ts';
import { ask, canAsk } from '../terminal/prompt.ts';

/** What a person, or the options, say of the organization. */
export interface InitValues {
  name?: string | undefined;
  contact?: string | undefined;
  administrator?: string | undefined;
  'recovery-key'?: string | undefined;
}

export interface Answers {
  name: string;
  contact: string;
  recoveryKeyFile: string;
}

const answersSchema = v.strictObject({ name: text(1, 64), contact: text(1, 128) });

/**
 * What the organization is to be called, whom refusals name, and where the recovery key goes: by options, else asked for.
 * @throws SetUpError `usage` if there is nobody to ask; InputError `invalid-input`
 */
export async function readAnswers(values: InitValues): Promise<Answers> {
  const name = values.name ?? (await asked('--name', 'Name of the organization, as certificates show it: '));
  const contact =
    values.contact ??
    (await asked('--contact', 'Whom a refused person may ask (a name, address or number): '));
  const recoveryKeyFile =
    values['recovery-key'] ??
    (await asked(
      '--recovery-key',
      'File for the private half of the recovery key, best on a medium of its own: ',
    ));
  return { ...parse(answersSchema, { name, contact }), recoveryKeyFile };
}

/** The name of the first administrator's account. Throws as `readAnswers`. */
export async function readAdministrator(values: InitValues): Promise<string> {
  const subject =
    values.administrator ?? (await asked('--administrator', 'Account name of the administrator: '));
  return parse(v.strictObject({ administrator: subscriberIdentifier }), { administrator: subject })
    .administrator;
}

async function asked(option: string, question: string): Promise<string> {
  if (!canAsk()) {
    throw new SetUpError('usage', { why: 'There is no terminal to ask on.', next: `Say it with ${option}.` });
  }
  const answer = await ask(question);
  if (answer !== '') return answer;
  throw new SetUpError('usage', {
    why: 'Nothing was entered.',
    next: 'Run the same again; it goes on where it was.',
  });
}

/** Whether an issuer is the evaluation issuer of a server, whose accounts can be added here. */
export function isBuiltIn(issuer: string, resource: string): boolean {
  return issuer === `${resource.replace(/\/$/, '')}${identityPath}`;
}
