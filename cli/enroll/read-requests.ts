import { stdin } from 'node:process';
import { enrollmentBody } from '#contract/api/enrollments.ts';
import { parse } from '#contract/parse.ts';
import { newId } from '#crypto/identifiers.ts';
import { purposes } from '#domain/purpose.ts';
import { ArgumentsError } from '../command.ts';
import { readJsonFile, readWholeFile } from '../read-file.ts';
import { csvRequests, jsonLinesRequests, type NumberedRequest, type Requests } from './requests.ts';

/** The options of `enroll` that say what is requested. */
export interface RequestValues {
  csv?: string | undefined;
  jsonl?: string | undefined;
  subscriber?: string | undefined;
  'given-name'?: string | undefined;
  'family-name'?: string | undefined;
  email?: string | undefined;
  purpose?: string[] | undefined;
  'key-spec'?: string | undefined;
  assurance?: string | undefined;
  lock?: string | undefined;
  'recipient-key'?: string | undefined;
  'idempotency-key'?: string | undefined;
}

const ofOne = [
  'subscriber',
  'given-name',
  'family-name',
  'email',
  'purpose',
  'key-spec',
  'assurance',
  'lock',
  'recipient-key',
] as const;

/**
 * The requests that the options name.
 * @throws ArgumentsError for options that do not go together; InputError `invalid-input` for a value, or a file that is no list;
 *   SetUpError `usage`, StoreError `store-unavailable` for a file that cannot be read
 */
export async function readRequests(values: RequestValues): Promise<Requests> {
  const { csv, jsonl, 'idempotency-key': round = '' } = values;
  const given = ofOne.filter((name) => values[name] !== undefined);
  const sources = [csv, jsonl, given[0]].filter((source) => source !== undefined);
  if (sources.length > 1) {
    throw new ArgumentsError({ why: 'Name one of --csv, --jsonl, or the options of one request.' });
  }
  if (csv !== undefined) return csvRequests(await readSource(csv), round);
  if (jsonl !== undefined) return jsonLinesRequests(await readSource(jsonl), round);
  if (given.length === 0) {
    throw new ArgumentsError({
      why: 'Say whom to enroll: --csv FILE, --jsonl FILE, or --subscriber and more.',
    });
  }
  return { requests: await oneByOptions(values), refused: [] };
}

async function readSource(file: string): Promise<Uint8Array> {
  return await readWholeFile(file === '-' ? stdin : file);
}

/** One request a purpose, each checked here, so that a slip is told by the name of its option's field. */
async function oneByOptions(values: RequestValues): Promise<NumberedRequest[]> {
  const { subscriber: id, 'family-name': familyName, email, purpose } = values;
  if (id === undefined || familyName === undefined || email === undefined || purpose === undefined) {
    throw new ArgumentsError({
      why: 'One request needs --subscriber, --family-name, --email and --purpose.',
    });
  }
  const recipientKey = values['recipient-key'];
  const common = {
    subscriber: { id, givenName: values['given-name'] ?? '', familyName, email },
    keySpec: values['key-spec'] ?? 'RSA_2048',
    assurance: values.assurance ?? 'medium',
    ...(values.lock !== undefined && { lock: values.lock }),
    ...(recipientKey !== undefined && { recipientKey: await readJsonFile(recipientKey) }),
  };
  const run = values['idempotency-key'] ?? newId('cli');
  return purposes
    .filter((known) => purpose.includes(known))
    .map((known) => ({
      row: 1,
      idempotencyKey: `${run}-${known}`,
      body: parse(enrollmentBody, { ...common, purpose: known }),
    }));
}
