import { InputError, SetUpError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames, parseKeySpec } from '#domain/key-spec.ts';
import { readOptions, wrong } from '#local/arguments.ts';
import { type CostedLock, costedLocks } from './main-job.ts';

export interface CostArguments {
  enrollments: number;
  keySpec: KeySpec;
  source: 'memory' | 'kms';
  lock: CostedLock;
  custody: 'kms' | 'pkcs11';
  json: boolean;
  help: boolean;
}

const mostEnrollments = 1_000_000_000;

export const help = `Says what so many escrowed encryption enrollments cost on AWS, in US dollars.

  npm run cost -- [options]

  --enrollments N          how many                                                  (default 1000)
  --key-spec SPEC          ${keySpecNames.slice(0, 3).join(', ')},
                           ${keySpecNames.slice(3).join(', ')}      (default RSA_2048)
  --source memory|kms      keys made in a function's memory and wrapped by AWS KMS,
                           or made by AWS KMS                                        (default memory)
  --lock password|recipient
                           how the subscriber's lock is set: by a password at sign-in,
                           or at once to a public key that the request names         (default password)
  --custody kms|pkcs11     whose standing costs are told: what is in the account each month
                           with keys in AWS KMS, or in a token (calls are counted with AWS KMS)
                                                                                     (default kms)
  --json                   print the result as JSON on stdout
  --help                   show this

Nothing is asked of AWS. The functions themselves run here over stand-ins, enroll some subscribers, and every call that AWS would
bill is counted; each count is multiplied by a published price (bench/cost/prices.ts: with date and page). What no stand-in can
tell is assumed, and printed with the result. Free tiers are left out.

Exit status: 0 counted, 1 it failed, 2 wrong usage.
Examples:
  npm run cost
  npm run cost -- --enrollments 50000 --key-spec ECC_NIST_P256
  npm run --silent cost -- --source kms --json
`;

/** Reads the command line. @throws SetUpError `usage` */
export function parseCostArguments(args: readonly string[]): CostArguments {
  const values = readOptions(args, {
    enrollments: { type: 'string', default: '1000' },
    'key-spec': { type: 'string', default: 'RSA_2048' },
    source: { type: 'string', default: 'memory' },
    lock: { type: 'string', default: 'password' },
    custody: { type: 'string', default: 'kms' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  return {
    enrollments: readCount(values.enrollments),
    keySpec: readKeySpec(values['key-spec']),
    source: oneOf('--source', ['memory', 'kms'], values.source),
    lock: oneOf('--lock', costedLocks, values.lock),
    custody: oneOf('--custody', ['kms', 'pkcs11'], values.custody),
    json: values.json,
    help: values.help,
  };
}

function readCount(text: string): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostEnrollments) return count;
  throw wrong('--enrollments', `must be a number from 1 to ${mostEnrollments}, in digits alone`);
}

function readKeySpec(text: string): KeySpec {
  try {
    return parseKeySpec(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { why = '', next = `Choose one of ${keySpecNames.join(', ')}.` } = error.details;
    throw new SetUpError('usage', { field: '--key-spec', why, next });
  }
}

function oneOf<const T extends string>(field: string, names: readonly T[], text: string): T {
  const name = names.find((each) => each === text);
  if (name === undefined) throw wrong(field, `must be ${names.join(' or ')}`);
  return name;
}
