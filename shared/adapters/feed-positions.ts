import { InputError } from '#domain/errors.ts';
import { oldestKept } from '#ports/event-feed.ts';

/** What a feed says of a text that is none of its positions. */
export function notAPosition(): InputError {
  return new InputError('invalid-input', {
    field: 'lastEventId',
    why: 'is not a position of this feed',
    next: `Send one that an event of it had, or ${oldestKept}.`,
  });
}

/** What a feed says of a position after which events are gone. */
export function noLongerKept(): InputError {
  return new InputError('invalid-input', {
    field: 'lastEventId',
    why: 'is older than the events that are kept: some that followed it are gone',
    next: `Start with ${oldestKept} or without it, and read the enrollments anew.`,
  });
}
