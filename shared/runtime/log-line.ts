import type { LogMessage } from './log-messages.ts';

export type LogLevel = 'info' | 'warn' | 'error';

/** One line, before it is written in one form or the other. */
export interface LogLine {
  /** RFC 3339 */
  time: string;
  level: LogLevel;
  message: LogMessage;
  [field: string]: unknown;
}
