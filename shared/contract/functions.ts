import type { Purpose } from '#domain/purpose.ts';
import type { RouteName } from './routes.ts';
import type { Consumer } from './subscriptions.ts';

/**
 * What a function may do beyond running. Each is a permission, and the names of resources that go with it; a function has
 * those of its row in the table below, and no other. `keys:...` is custody: AWS KMS, or a token.
 */
export type Use =
  | 'aggregates:read'
  | 'aggregates:write'
  /** To find them: by state, by a mark (organizations, leftovers), by subscriber, or all of an organization's. */
  | 'aggregates:by-state'
  | 'aggregates:by-mark'
  | 'aggregates:by-subscriber'
  | 'aggregates:all'
  /** To read those that were found, many at once. */
  | 'aggregates:read-many'
  | 'documents:read'
  | 'documents:write'
  | 'documents:discard'
  | 'locked-keys:read'
  | 'locked-keys:write'
  | 'locked-keys:discard'
  | 'backups:read'
  | 'backups:write'
  | 'backups:list'
  | 'ledger:append'
  /** To read what is not sealed yet, and where what is sealed stands. */
  | 'ledger:lines'
  /** To find sealed entries: by enrollment, by who asked, or what was refused. */
  | 'ledger:find'
  /** To read the hashes that are kept of the trees. */
  | 'ledger:hashes'
  /** To read the entry of a name. */
  | 'ledger:locate'
  /** To give entries their order, and note where they stand. */
  | 'ledger:seal'
  | 'segments:read'
  | 'segments:list'
  | 'segments:write'
  | 'claims:write'
  | 'feed:read'
  | 'feed:append'
  | 'notices:read'
  | 'notices:write'
  | 'dead-letters:read'
  | 'dead-letters:write'
  | 'dead-letters:redrive'
  | 'bus:publish'
  | 'topic:notify'
  /** To tell what custody can do, of which nobody is asked. */
  | 'keys:capabilities'
  /** To tell the public key of the receipts besides, and no more. */
  | 'keys:public'
  | 'keys:receipts'
  | 'keys:mac'
  | 'keys:make-identity'
  | 'keys:make-encryption'
  | 'keys:export'
  /** To open encryption keys alone. */
  | 'keys:export-encryption'
  | 'keys:resident'
  | 'keys:discard-resident'
  | 'keys:sweep'
  | 'canary-secret:read'
  | 'invoke:make-key-pair'
  /** To have an escrow made that became due, by the function that makes encryption keys under a password. */
  | 'invoke:escrow-key';

/**
 * How long a function may run unless its row says otherwise, in seconds. API Gateway waits for 29, and begins to count before a
 * function has even started: four are left for that, in which the function would not know how late it is.
 */
export const usualTimeoutSeconds = 25;

/** What sets a function to work. */
export type Trigger =
  | { routes: readonly RouteName[] }
  | { consumer: Consumer }
  /** Called by another function, which waits for its answer. */
  | { called: true }
  | { stream: 'aggregates' | 'ledger' }
  /** The queues' own dead letters: what no consumer could even put away. */
  | { unhandled: true }
  | { everyMinutes: number };

export interface FunctionSpec {
  /** The module that exports `handler`, in `lambdas/`, without its extension. */
  entry: string;
  on: Trigger;
  uses: readonly Use[];
  /** The only purpose whose keys it may make, where it makes any. */
  purpose?: Purpose;
  /** 512 if absent. A core comes with 1,769. */
  memoryMegabytes?: number;
  /** `usualTimeoutSeconds` if absent. */
  timeoutSeconds?: number;
}

/** A route's function as most are: in the folder of its use case, with its own handler. */
function api(folder: string, routes: readonly RouteName[], uses: readonly Use[], more: Size = {}) {
  return { entry: `${folder}/handler`, on: { routes }, uses: [...uses, 'ledger:append'], ...more } as const;
}

/** A consumer's function: its time-out leaves its queue room to hide a message for six times as long. */
function consumer(
  name: Consumer,
  folder: string,
  uses: readonly Use[],
  more: Size & { entry?: string; purpose?: Purpose } = {},
) {
  const entry = `${folder}/queue-handler`;
  return {
    entry,
    on: { consumer: name },
    uses: [...uses, 'dead-letters:write'],
    timeoutSeconds: 60,
    ...more,
  } as const;
}

type Size = Pick<FunctionSpec, 'memoryMegabytes' | 'timeoutSeconds'>;

/** Works on keys: derives, signs and proves, which is as quick as the processor. */
const core: Size = { memoryMegabytes: 1_769 };

const request: readonly Use[] = [
  'aggregates:read',
  'aggregates:write',
  'documents:read',
  'documents:write',
  'keys:receipts',
];
const making: readonly Use[] = [
  'aggregates:read',
  'aggregates:write',
  'documents:read',
  'documents:write',
  'documents:discard',
  'locked-keys:read',
  'locked-keys:write',
  'locked-keys:discard',
];
/** No backups: what makes identity keys can store none. */
const makingIdentity: readonly Use[] = [...making, 'keys:make-identity'];
/** A key that is not exportable is made by event: nobody sets a password of it. */
const makingResident: readonly Use[] = ['keys:resident', 'keys:discard-resident'];
const makingEncryption: readonly Use[] = [
  ...making,
  'keys:make-encryption',
  'keys:receipts',
  'backups:read',
  'backups:write',
];

/** Every function of the service on AWS Lambda, by name: what it runs, what sets it to work, and all that it may do. */
export const functions = {
  'request-enrollment': api('request-enrollment', ['requestEnrollment'], [...request, 'claims:write']),
  'request-enrollments': api(
    'request-enrollments',
    ['requestEnrollments'],
    [...request, 'claims:write'],
    core,
  ),
  'plan-enrollment': api(
    'plan-enrollment',
    ['planEnrollment'],
    ['aggregates:read', 'documents:read', 'keys:capabilities'],
  ),
  'list-enrollments': api(
    'list-enrollments',
    ['listEnrollments'],
    ['aggregates:by-state', 'aggregates:by-subscriber', 'aggregates:all', 'aggregates:read-many'],
  ),
  'show-enrollment': api('show-enrollment', ['showEnrollment'], ['aggregates:read']),
  // Most of its time it waits for another, so a whole core would be paid for in vain. It derives from a password only where the
  // same request comes again.
  'set-password': api(
    'set-password',
    ['setPassword'],
    ['aggregates:read', 'documents:read', 'claims:write', 'invoke:make-key-pair'],
  ),
  'change-password': api(
    'change-password',
    ['changePassword'],
    [
      'aggregates:read',
      'aggregates:write',
      'documents:read',
      'locked-keys:read',
      'locked-keys:write',
      'locked-keys:discard',
      'keys:mac',
      'claims:write',
      'invoke:escrow-key',
    ],
    core,
  ),
  'unlock-enrollment': api(
    'unlock-enrollment',
    ['unlockEnrollment'],
    ['aggregates:read', 'aggregates:write', 'claims:write'],
  ),
  'destroy-enrollment': api(
    'destroy-enrollment',
    ['destroyEnrollment'],
    ['aggregates:read', 'aggregates:write', 'locked-keys:discard', 'keys:discard-resident', 'claims:write'],
  ),
  'read-csr': api('read-csr', ['readCsr'], ['aggregates:read', 'documents:read']),
  'export-copy': api(
    'export-copy',
    ['exportCopy'],
    [
      'aggregates:read',
      'aggregates:write',
      'documents:read',
      'documents:write',
      'locked-keys:read',
      'keys:export',
      'keys:mac',
      'keys:receipts',
      'claims:write',
      'invoke:escrow-key',
    ],
    core,
  ),
  'list-backups': api('list-backups', ['listBackups'], ['aggregates:read', 'documents:read']),
  'read-receipt': api('read-receipt', ['readReceipt'], ['aggregates:read', 'documents:read']),
  'list-notices': api('list-notices', ['listNotices'], ['notices:read']),
  'show-organization': api('show-organization', ['showOrganization'], ['aggregates:read']),
  'set-up-organization': api(
    'set-up-organization',
    ['setUpOrganization'],
    ['aggregates:read', 'aggregates:write', 'documents:read', 'documents:write', 'keys:public'],
    core,
  ),
  'change-settings': api('change-settings', ['changeSettings'], ['aggregates:read', 'aggregates:write']),
  'show-policy': api('show-policy', ['showPolicy'], ['aggregates:read', 'documents:read']),
  'list-policy-versions': api(
    'list-policy-versions',
    ['listPolicyVersions'],
    ['aggregates:read', 'documents:read'],
  ),
  // Each checks or asks policies, as quickly as the processor is.
  'propose-policy': api(
    'propose-policy',
    ['proposePolicy'],
    ['aggregates:read', 'aggregates:write', 'documents:read', 'documents:write'],
    core,
  ),
  'withdraw-proposal': api(
    'withdraw-proposal',
    ['withdrawProposal'],
    ['aggregates:read', 'aggregates:write'],
  ),
  'approve-policy': api(
    'approve-policy',
    ['approvePolicy'],
    ['aggregates:read', 'aggregates:write', 'documents:read', 'documents:write'],
    core,
  ),
  'simulate-policy': api('simulate-policy', ['simulatePolicy'], ['aggregates:read', 'documents:read'], core),
  'compare-policy': api(
    'compare-policy',
    ['comparePolicy'],
    ['aggregates:read', 'aggregates:by-state', 'aggregates:read-many', 'documents:read', 'keys:capabilities'],
    core,
  ),
  'publish-events': api('publish-events', ['publishEvents'], ['bus:publish', 'claims:write']),
  'follow-events': api('follow-events', ['followEvents'], ['aggregates:read', 'feed:read']),
  'register-webhook': api(
    'register-webhook',
    ['registerWebhook'],
    ['aggregates:read', 'aggregates:write', 'keys:mac', 'claims:write'],
  ),
  'list-webhooks': api('list-webhooks', ['listWebhooks'], ['aggregates:read']),
  'show-webhook': api('show-webhook', ['showWebhook'], ['aggregates:read']),
  'remove-webhook': api('remove-webhook', ['removeWebhook'], ['aggregates:read', 'aggregates:write']),
  'rotate-webhook-secret': api(
    'rotate-webhook-secret',
    ['rotateWebhookSecret'],
    ['aggregates:read', 'aggregates:write', 'keys:mac', 'claims:write'],
  ),
  'list-dead-letters': api('list-dead-letters', ['listDeadLetters'], ['dead-letters:read']),
  'redrive-dead-letter': api(
    'redrive-dead-letter',
    ['redriveDeadLetter'],
    ['dead-letters:redrive', 'claims:write'],
  ),
  'read-checkpoint': api('read-checkpoint', ['readCheckpoint'], ['aggregates:read']),
  'list-segments': api('list-segments', ['listSegments'], ['segments:list']),
  'read-segment': api('read-segment', ['readSegment'], ['segments:read']),
  'read-lines': api('read-lines', ['readLines'], ['aggregates:read', 'ledger:lines', 'segments:read']),
  'find-entries': api(
    'find-entries',
    ['findEntries'],
    [
      'aggregates:read',
      'aggregates:by-subscriber',
      'aggregates:read-many',
      'ledger:lines',
      'ledger:find',
      'segments:read',
    ],
  ),
  'prove-entry': api(
    'prove-entry',
    ['proveEntry'],
    ['aggregates:read', 'ledger:lines', 'ledger:hashes', 'ledger:locate', 'segments:read'],
    core,
  ),
  'read-dossier': api(
    'read-dossier',
    ['readDossier'],
    [
      'aggregates:read',
      'documents:read',
      'notices:read',
      'ledger:lines',
      'ledger:hashes',
      'ledger:find',
      'segments:read',
      'keys:receipts',
    ],
    core,
  ),
  'read-status': api(
    'read-status',
    ['readStatus'],
    ['aggregates:read', 'aggregates:by-state', 'aggregates:read-many', 'dead-letters:read', 'keys:mac'],
  ),
  'describe-service': api(
    'describe-service',
    ['readHealth', 'readKeySet', 'readResourceMetadata', 'readApiDescription'],
    ['keys:public'],
  ),
  'make-identity-key-pair-with-password': {
    entry: 'make-key-pair/identity-called-handler',
    on: { called: true },
    uses: [...makingIdentity, 'keys:mac', 'ledger:append'],
    purpose: 'identity',
    ...core,
  },
  /**
   * Makes besides what escrow became due after a key was made: of encryption keys alone, which is why it may open these, and so that what
   * exports copies, of identity keys too, has no access to backups.
   */
  'make-encryption-key-pair-with-password': {
    entry: 'make-key-pair/encryption-called-handler',
    on: { called: true },
    uses: [...makingEncryption, 'keys:export-encryption', 'keys:mac', 'ledger:append'],
    purpose: 'encryption',
    ...core,
  },
  'take-request': consumer('request-enrollment', 'request-enrollment', [...request, 'ledger:append']),
  'make-identity-key-pair': consumer(
    'make-identity-key-pair',
    'make-key-pair',
    [...makingIdentity, ...makingResident, 'ledger:append'],
    { entry: 'make-key-pair/identity-queue-handler', purpose: 'identity', ...core },
  ),
  'make-encryption-key-pair': consumer(
    'make-encryption-key-pair',
    'make-key-pair',
    [...makingEncryption, 'ledger:append'],
    { entry: 'make-key-pair/encryption-queue-handler', purpose: 'encryption', ...core },
  ),
  'notify-subscriber': consumer('notify-subscriber', 'notify-subscriber', [
    'aggregates:read',
    'notices:write',
    'topic:notify',
    'ledger:append',
  ]),
  'discard-superseded': consumer('discard-superseded', 'discard-superseded', [
    'aggregates:read',
    'aggregates:write',
    'locked-keys:discard',
    'keys:discard-resident',
    'ledger:append',
  ]),
  'fan-out-webhooks': consumer('fan-out-webhooks', 'fan-out-webhooks', ['aggregates:read', 'bus:publish']),
  'deliver-webhook': consumer('deliver-webhook', 'deliver-webhook', [
    'aggregates:read',
    'aggregates:write',
    'keys:mac',
    'ledger:append',
  ]),
  /** Hands on the events that written aggregates carry: to the bus, and to the feed. The one reader of the stream. */
  'carry-events': {
    entry: 'carry-events/handler',
    on: { stream: 'aggregates' },
    uses: ['bus:publish', 'feed:append'],
    timeoutSeconds: 60,
  },
  /** Seals what is new in the ledgers. The one reader of their stream, and the one that notes anything in an entry. */
  'seal-ledger': {
    entry: 'seal-ledger/handler',
    on: { stream: 'ledger' },
    uses: ['aggregates:read', 'aggregates:write', 'ledger:seal', 'segments:write', 'keys:receipts'],
    timeoutSeconds: 300,
  },
  /** Puts what fell out of a queue unhandled among the dead letters that an organization sees. */
  'keep-dead-letters': {
    entry: 'keep-dead-letters/handler',
    on: { unhandled: true },
    uses: ['dead-letters:write'],
    timeoutSeconds: 60,
  },
  reconcile: {
    entry: 'reconcile/handler',
    on: { everyMinutes: 5 },
    uses: [
      'aggregates:read',
      'aggregates:by-state',
      'aggregates:by-mark',
      'aggregates:all',
      'aggregates:read-many',
      'aggregates:write',
      'documents:discard',
      'locked-keys:discard',
      'backups:list',
      'feed:append',
      'dead-letters:read',
      'ledger:append',
      'claims:write',
      'bus:publish',
      'keys:discard-resident',
      'keys:sweep',
    ],
    timeoutSeconds: 900,
  },
  'start-checks': {
    entry: 'check-backups/schedule-handler',
    on: { everyMinutes: 1_440 },
    uses: ['aggregates:by-mark', 'bus:publish'],
    timeoutSeconds: 60,
  },
  'check-backups': consumer(
    'check-backups',
    'check-backups',
    [
      'aggregates:read',
      'aggregates:by-state',
      'aggregates:read-many',
      'backups:read',
      'bus:publish',
      'claims:write',
      'ledger:append',
    ],
    {
      memoryMegabytes: 1_769,
      timeoutSeconds: 300,
    },
  ),
  'apply-policy': consumer(
    'apply-policy',
    'apply-policy',
    [
      'aggregates:read',
      'aggregates:by-state',
      'aggregates:read-many',
      'aggregates:write',
      'documents:read',
      'documents:write',
      'keys:receipts',
      'bus:publish',
      'claims:write',
      'ledger:append',
    ],
    { ...core, timeoutSeconds: 300 },
  ),
  'request-canary': {
    entry: 'check-canaries/schedule-handler',
    on: { everyMinutes: 1_440 },
    uses: [
      'aggregates:read',
      'aggregates:by-mark',
      'aggregates:write',
      'keys:public',
      'canary-secret:read',
      'bus:publish',
      'ledger:append',
    ],
    timeoutSeconds: 60,
  },
  'check-canaries': consumer(
    'check-canaries',
    'check-canaries',
    [
      'aggregates:read',
      'aggregates:all',
      'documents:read',
      'backups:read',
      'canary-secret:read',
      'ledger:append',
    ],
    core,
  ),
} as const satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof functions;
