/** Every message code that is logged, with what it says to a person. A line says nothing in free words. */
export const logMessages = {
  request: 'request',
  delivery: 'event delivered',
  reconciled: 'mended what crashes left behind',
  'custody-failed': 'the key provider failed',
  swept: 'destroyed keys that a crash left without a name',
  'backups-checked': 'checked the stored backups of an organization',
  'canaries-checked': 'opened key pairs that the service had made for itself',
  'ledger-sealed': 'sealed what is new in the ledger',
  'ledger-changed': 'the ledger is not the one that was sealed: look at the runbook',
  'waiting-long': 'key pairs that nobody has to do anything for wait for more than an hour',
  'policy-failed': 'a policy failed on a question, which was refused: look at the runbook',
  'check-found': 'a check found something wrong: look at the runbook',
  'schedule-failed': 'work of the clock failed; it is tried again',
  'store-unavailable': 'a store does not answer; events wait',
  'not-opened': 'what the function works with could not be opened; the next invocation tries again',
  unreadable: 'no event can be read from the message; it goes to the dead letters of its queue',
  'passed-over': 'a written event can never be carried, and was left behind',
  'traces-lost': 'the trace collector takes nothing; spans are lost',
  listening: 'listening',
  signalled: 'asked to stop',
  stopping: 'stopping: finishing what runs, taking no more',
  'stop-timed-out': 'stopped before everything in hand was finished',
  stopped: 'stopped',
  unexpected: 'something failed that should not',
} as const satisfies Record<string, string>;

export type LogMessage = keyof typeof logMessages;
