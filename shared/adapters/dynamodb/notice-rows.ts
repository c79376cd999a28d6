import { createHash, randomInt } from 'node:crypto';
import type { KeptNotice } from '#ports/notices.ts';
import type { Notice } from '#ports/notifier.ts';
import { subscriberKey } from './aggregate-row.ts';
import { positionAt } from './positions.ts';
import { numberOf, type Row, textOf } from './rows.ts';

/** How far one notice has come. */
export interface Progress {
  /** Where it stands in the list. */
  position: string;
  /** When it came first, ISO 8601. */
  time: string;
  /** Until when somebody is at it, in milliseconds; 0 if nobody is. */
  leased: number;
  isHandedOn: boolean;
}

/** The partition of an organization's list of notices. */
export function noticesOf(organization: string): string {
  return `notices#${organization}`;
}

/** @param leased until when whoever begins it has it for himself, in milliseconds */
export function newProgress(now: Date, leased: number): Progress {
  return { position: positionAt(now, randomInt(100)), time: now.toISOString(), leased, isHandedOn: false };
}

export function rowOfProgress({ organization, id }: Notice, progress: Progress): Row {
  const { position, time, leased, isHandedOn } = progress;
  // An id can be longer than a sort key.
  const record = createHash('sha256').update(id).digest('base64url');
  const row = { collection: `notice-ids#${organization}`, record, position, time, leased };
  return isHandedOn ? { ...row, handedOn: 1 } : row;
}

export function progressOf(row: Row): Progress {
  return {
    position: textOf(row, 'position'),
    time: textOf(row, 'time'),
    leased: numberOf(row, 'leased'),
    isHandedOn: row['handedOn'] !== undefined,
  };
}

export function rowOfNotice(notice: Notice, { position, time }: Progress): Row {
  const { organization, id, subscriberId, email, subject, text } = notice;
  return {
    collection: noticesOf(organization),
    record: position,
    subscriberKey: subscriberKey(organization, subscriberId),
    id,
    organization,
    subscriberId,
    email,
    subject,
    text,
    time,
  };
}

export function noticeOf(row: Row): KeptNotice {
  return {
    id: textOf(row, 'id'),
    organization: textOf(row, 'organization'),
    subscriberId: textOf(row, 'subscriberId'),
    email: textOf(row, 'email'),
    subject: textOf(row, 'subject'),
    text: textOf(row, 'text'),
    time: textOf(row, 'time'),
  };
}
