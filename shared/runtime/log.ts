import type { ErrorCode } from '#domain/error-codes.ts';
import type { Clock } from '#ports/clock.ts';
import { loggedError } from './log-error.ts';
import { allowedFields, type LogFields } from './log-fields.ts';
import type { LogLevel, LogLine } from './log-line.ts';
import { type LogMessage, logMessages } from './log-messages.ts';
import { prettyLine } from './log-pretty.ts';

/**
 * Writes log lines of codes, identifiers and counts. It cannot be made to write anything else: fields that are not in the
 * table of `log-fields.ts` are a type error, and are dropped where types were got around. It never throws.
 */
export interface Logger {
  info(message: LogMessage, fields?: LogFields): void;
  /** @param error of which the code is logged; of an `internal` one also the classes and source lines of its causes */
  warn(message: LogMessage, fields?: LogFields, error?: unknown): void;
  /** Parameters as for `warn`. */
  error(message: LogMessage, fields?: LogFields, error?: unknown): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}

export interface LoggerSettings {
  /** Where lines go, each with its line feed: standard error, as a rule. */
  stream: { write(text: string): unknown };
  clock: Clock;
  /** JSON for machines if absent: one object a line. */
  form?: 'json' | 'pretty' | 'pretty-colour';
}

/** Makes a logger. */
export function createLogger(settings: LoggerSettings, bound: LogFields = {}): Logger {
  const write = (level: LogLevel, message: LogMessage, fields?: LogFields, error?: unknown) =>
    writeLine(settings, level, message, () => ({ ...bound, ...fields }), error);
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields, error) => write('warn', message, fields, error),
    error: (message, fields, error) => write('error', message, fields, error),
    with: (fields) => createLogger(settings, { ...bound, ...fields }),
  };
}

/** The form of log that suits whoever reads the stream: colour only on a terminal, and not where NO_COLOR is set. */
export function prettyForm(
  stream: { isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): 'pretty' | 'pretty-colour' {
  const isColourless = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return stream.isTTY === true && !isColourless ? 'pretty-colour' : 'pretty';
}

function writeLine(
  { stream, clock, form = 'json' }: LoggerSettings,
  level: LogLevel,
  message: LogMessage,
  fields: () => LogFields,
  error: unknown,
): void {
  const line: LogLine = {
    time: clock.now().toISOString(),
    level,
    message: Object.hasOwn(logMessages, message) ? message : 'unexpected',
    ...whatIsSafe(() => allowedFields(fields())),
    ...(error !== undefined && whatIsSafe(() => loggedError(error))),
  };
  const text = form === 'json' ? jsonLine(line) : prettyLine(line, form === 'pretty-colour');
  stream.write(`${text}\n`);
}

/** A value that throws when it is looked at must not take down what was about to log it. */
function whatIsSafe(look: () => object): object {
  try {
    return look();
  } catch {
    return { code: 'internal' satisfies ErrorCode };
  }
}

/**
 * One JSON object on one line. Beyond what JSON escapes, control, invisible, direction-changing and line-separating
 * characters are: some readers end a line at them, and some terminals obey them.
 */
function jsonLine(line: LogLine): string {
  return JSON.stringify(line).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
