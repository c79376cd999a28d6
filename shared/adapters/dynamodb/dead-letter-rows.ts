import { createHash } from 'node:crypto';
import { organizationOf } from '#contract/events.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { InternalError } from '#domain/errors.ts';
import type { GivenUp } from '#ports/dead-letter-store.ts';
import type { CloudEvent, DeadLetter } from '#ports/messages.ts';
import { positionAt } from './positions.ts';
import { type Row, textOf } from './rows.ts';

/** Larger events are kept without their data, in bytes: a row takes no more. */
const mostBytes = 380 * 1_024;
/** Where letters stand that name no organization: none is called so. */
const nobody = '-';
/**
 * What an organization may be called (`fields.ts`), and the service's own (`canary.ts`): what comes from outside may name
 * anything, of any length.
 */
const organizationName = /^\w[\w.-]{0,63}$/;

/** The partition of an organization's dead letters. */
export function deadLettersOf(organization: string): string {
  return `dead-letters#${organization}`;
}

/** The first place of a message's letter, the same whoever gives it up: by when it was sent, and by its id. */
export function firstPositionOf({ sentAt, messageId }: GivenUp): string {
  const [byte = 0] = createHash('sha256').update(messageId).digest();
  return positionAt(sentAt, byte % 100);
}

/** @param since when it was given up, ISO 8601 */
export function rowOfLetter(letter: GivenUp, position: string, since: string): Row {
  const { messageId, consumer, event, code } = letter;
  const organization = organizationOf(event.source) ?? '';
  const collection = deadLettersOf(organizationName.test(organization) ? organization : nobody);
  return { collection, record: position, messageId, consumer, event: keptJson(event), code, since };
}

export function letterOf(row: Row): DeadLetter {
  return {
    id: textOf(row, 'record'),
    consumer: textOf(row, 'consumer'),
    event: JSON.parse(textOf(row, 'event')),
    code: errorCodeOf(textOf(row, 'code')),
    since: textOf(row, 'since'),
  };
}

function keptJson(event: CloudEvent): string {
  const json = JSON.stringify(event);
  return Buffer.byteLength(json) <= mostBytes ? json : JSON.stringify({ ...event, data: null });
}

function errorCodeOf(text: string): ErrorCode {
  if (isErrorCode(text)) return text;
  throw new InternalError('internal', { cause: `${text} is no error code` });
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}
