import type { FunctionName } from '#contract/functions.ts';
import { functionNames, functionsWith } from './claims/parties.ts';

/** Permissions that no test of the deployed functions sees used, and why they are needed all the same. */
export interface Accepted {
  functions: readonly FunctionName[];
  /** As `permissionsOf` names them, without the function. */
  permissions: readonly string[];
  why: string;
  /** That it is used proves nothing wrong: what it is for may happen at any time. */
  mayHappen?: true;
}

const makers = functionNames.filter((name) => name.startsWith('make-'));
const storing = functionsWith('backups:write');
const consumers = functionsWith('dead-letters:write').filter((name) => name !== 'keep-dead-letters');

/** The queue of a consumer's function, as a template names it. */
const queues: Readonly<Record<string, string>> = { 'take-request': 'request-enrollment' };
const queueOf = (name: string) => `Queue${(queues[name] ?? name).replaceAll('-', '')}Queue`;

const destroying = [
  'kms:DeleteAlias on alias/enrollment-key-escrow/test/resident/*',
  'kms:DeleteAlias on key/*',
  'kms:ScheduleKeyDeletion on key/*',
];

export const accepted: readonly Accepted[] = [
  {
    functions: [
      'request-enrollment',
      'request-enrollments',
      'take-request',
      'set-up-organization',
      ...makers.filter((name) => !storing.includes(name)),
    ],
    permissions: ['dynamodb:GetItem on Documents'],
    why: 'A write whose answer was lost is made again, and refused: what is there is read, to see whether it is the same.',
    mayHappen: true,
  },
  {
    functions: ['read-dossier'],
    permissions: [
      'dynamodb:Query on Activity notices#*',
      'dynamodb:Query on Ledger/index/by-principal',
      'dynamodb:Query on Ledger/index/by-refusal',
    ],
    why: 'Notices and entries are read by a use of auditors, which has other lists besides; a dossier is of one enrollment and its subscriber.',
  },
  {
    functions: makers,
    permissions: ['dynamodb:DeleteItem on Documents', 'dynamodb:DeleteItem on LockedKeys'],
    why: 'What an attempt wrote that failed is discarded.',
    mayHappen: true,
  },
  {
    functions: ['make-identity-key-pair'],
    permissions: destroying,
    why: 'The key of an attempt that failed is destroyed.',
    mayHappen: true,
  },
  {
    functions: ['make-identity-key-pair'],
    permissions: ['kms:TagResource on *'],
    why: 'AWS KMS asks for it where a key is tagged as it is made: no call names it.',
  },
  {
    functions: storing,
    permissions: ['s3:GetObject on Backups/*'],
    why: 'A write whose answer was lost is made again, and refused: what is there is read, to see whether it is the same.',
    mayHappen: true,
  },
  {
    functions: functionsWith('backups:read'),
    permissions: ['s3:GetObjectRetention on Backups/*', 's3:ListBucket on Backups'],
    why: 'Amazon S3 tells the lock, and that an object is missing, to those alone who have them: no call names them.',
  },
  {
    functions: consumers,
    permissions: [
      'dynamodb:GetItem on Activity dead-letters#*',
      'dynamodb:PutItem on Activity dead-letters#*',
    ],
    why: 'Each consumer puts away what it cannot work on.',
    mayHappen: true,
  },
  {
    functions: ['keep-dead-letters'],
    permissions: ['dynamodb:GetItem on Activity dead-letters#*'],
    why: 'A letter that is there already is read, to see whether it is the same.',
    mayHappen: true,
  },
  ...consumers.map((name) => ({
    functions: [name],
    permissions: [`sqs:ChangeMessageVisibility on ${queueOf(name)}`],
    why: 'Each consumer hides a message after a failure that may pass.',
    mayHappen: true as const,
  })),
  {
    functions: ['redrive-dead-letter'],
    permissions: consumers
      .filter((name) => name !== 'make-encryption-key-pair')
      .map((name) => `sqs:SendMessage on ${queueOf(name)}`),
    why: "Any consumer's dead letter may be put back; one is.",
  },
  {
    functions: ['carry-events'],
    permissions: ['sqs:SendMessage on PutAside'],
    why: 'AWS Lambda puts aside what it gave up, in the name of the function.',
  },
  {
    functions: ['seal-ledger'],
    permissions: ['sqs:SendMessage on LedgerPutAside'],
    why: 'AWS Lambda puts aside what it gave up, in the name of the function.',
  },
  {
    functions: [...functionsWith('segments:read'), ...functionsWith('segments:write')],
    permissions: ['s3:ListBucket on Segments'],
    why: 'Amazon S3 tells that an object is missing to those alone who have it: no call names it.',
  },
  {
    functions: ['prove-entry', 'read-dossier'],
    permissions: ['dynamodb:BatchGetItem on Ledger *#segments'],
    why: 'Roots of the tree are kept, and read, of whole blocks of 1,024 entries.',
    mayHappen: true,
  },
  {
    functions: ['prove-entry'],
    permissions: ['s3:GetObject on Segments/*'],
    why: 'Where hashes of the tree are not kept, a proof is made of the lines.',
    mayHappen: true,
  },
  {
    functions: ['seal-ledger'],
    permissions: ['dynamodb:BatchGetItem on Ledger'],
    why: 'A segment that somebody stored, and did not finish, is held against its entries.',
    mayHappen: true,
  },
  {
    functions: ['discard-superseded'],
    permissions: [
      'dynamodb:DeleteItem on LockedKeys',
      'dynamodb:PutItem on Aggregates',
      'kms:DescribeKey on *',
      ...destroying,
    ],
    why: 'What superseded a key discards it at once; this is for what was cut off before it did.',
    mayHappen: true,
  },
  {
    functions: ['deliver-webhook'],
    permissions: ['dynamodb:PutItem on Aggregates', 'dynamodb:PutItem on Ledger'],
    why: 'A target that says it is gone (410) is sent nothing more; here nothing answers.',
  },
  {
    functions: ['check-backups'],
    permissions: [
      'dynamodb:GetItem on Activity claims#*',
      'dynamodb:PutItem on Activity claims#*',
      'dynamodb:PutItem on Ledger',
      'events:PutEvents on Bus',
    ],
    why: 'A backup that is not as it was is recorded, and a further page asked for; here all are well, on one page.',
  },
  {
    functions: ['apply-policy'],
    permissions: [
      'dynamodb:PutItem on Documents',
      'kms:DescribeKey on KeysReceipts',
      'kms:GetPublicKey on KeysReceipts',
      'kms:Sign on KeysReceipts',
    ],
    why: 'What a policy that was published refuses is signed; here it refuses nothing.',
    mayHappen: true,
  },
  {
    functions: ['apply-policy'],
    permissions: [
      'dynamodb:GetItem on Activity claims#*',
      'dynamodb:PutItem on Activity claims#*',
      'events:PutEvents on Bus',
    ],
    why: 'A further page is asked for; here all are on one.',
  },
  {
    functions: ['reconcile'],
    permissions: [
      'dynamodb:BatchGetItem on Aggregates',
      'dynamodb:GetItem on Aggregates',
      'dynamodb:PutItem on Aggregates',
      'dynamodb:DeleteItem on Documents',
      'dynamodb:DeleteItem on LockedKeys',
      'dynamodb:GetItem on Activity claims#*',
      'dynamodb:PutItem on Activity claims#*',
      'dynamodb:PutItem on Activity feed#*',
      'dynamodb:Query on Activity feed#*',
      'dynamodb:PutItem on Ledger',
      'events:PutEvents on Bus',
      'kms:DescribeKey on *',
      ...destroying,
    ],
    why: 'It mends what crashes left behind minutes ago; here nothing is as old.',
  },
  {
    functions: ['reconcile'],
    permissions: [
      'kms:ListAliases on *',
      'kms:ListKeys on *',
      'kms:DescribeKey on key/*',
      'kms:ListResourceTags on key/*',
    ],
    why: 'Keys without a name are looked for in the first minutes of a day.',
    mayHappen: true,
  },
];
