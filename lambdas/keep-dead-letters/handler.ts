import { openDeadLetterStore } from '#wiring/dead-letter-store.ts';
import { unhandledFunction } from '#wiring/unhandled-function.ts';
import { keepDeadLetters } from './keep-dead-letters.ts';

/** Puts what fell out of the queues among the dead letters, on AWS Lambda. */
export const handler = await unhandledFunction('keep-dead-letters', (opening) => {
  const needs = { deadLetters: openDeadLetterStore(opening) };
  return (messages) => keepDeadLetters(needs, messages);
});
