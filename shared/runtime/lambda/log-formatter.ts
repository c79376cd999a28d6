import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { printable } from '#domain/plain-words.ts';
import { loggedError } from '../log-error.ts';
import { allowedFields } from '../log-fields.ts';
import { logMessages } from '../log-messages.ts';

/**
 * The form of every line that the logger of Powertools writes, whoever calls it and with whatever: time, level, a message code of
 * ours, the fields that may be logged, and an error as it may be logged. Everything else that it was given, and what it would
 * add of itself, is left out. `timestamp` and `level` go by the names that AWS Lambda looks for in JSON logs.
 */
export class AllowedFieldsFormatter extends LogFormatter {
  override formatAttributes(base: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { message, logLevel, timestamp } = base;
    return new LogItem({
      attributes: {
        timestamp: timestamp.toISOString(),
        level: logLevel,
        message: Object.hasOwn(logMessages, message) ? message : 'unexpected',
        ...safely(() => printableFields(additional)),
        ...(additional['error'] !== undefined && safely(() => ({ ...loggedError(additional['error']) }))),
      },
    });
  }
}

/** Control, invisible and direction-changing characters are replaced: some readers end a line at them, some obey them. */
function printableFields(fields: LogAttributes): LogAttributes {
  const known = Object.entries(allowedFields(fields));
  return Object.fromEntries(
    known.map(([name, value]) => [
      name,
      typeof value === 'string' ? printable(value) : Array.isArray(value) ? value.map(printable) : value,
    ]),
  );
}

/** A value that throws when it is looked at must not take down what was about to log it. */
function safely(look: () => LogAttributes): LogAttributes {
  try {
    return look();
  } catch {
    return { code: 'internal' };
  }
}
