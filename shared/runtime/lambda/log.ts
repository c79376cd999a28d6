import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { Logger } from '../log.ts';
import { allowedFields, type LogFields } from '../log-fields.ts';
import type { LogLevel } from '../log-line.ts';
import { type LogMessage, logMessages } from '../log-messages.ts';
import { AllowedFieldsFormatter } from './log-formatter.ts';

/** A logger of a function on AWS Lambda. */
export interface LambdaLog extends Logger {
  /**
   * Does the work of an invocation: each of its lines names it. Work that is given up goes on beside the next invocation, and names
   * its own still.
   */
  during<T>(invocationId: string, work: () => Promise<T>): Promise<T>;
}

/**
 * A logger that writes through that of Powertools for AWS Lambda: one JSON object a line, of the fields that may be logged and
 * no others. The level is `INFO`, or that of the function's logging configuration (AWS_LAMBDA_LOG_LEVEL).
 * @param functionName the function's name in the table of functions
 */
export function lambdaLog(functionName: string): LambdaLog {
  const powertools = new Powertools({
    serviceName: 'enrollment-key-escrow',
    logFormatter: new AllowedFieldsFormatter(),
    persistentKeys: { function: functionName },
  });
  let invocations = 0;
  return {
    ...writing(powertools, {}),
    during(invocationId, work) {
      invocations += 1;
      return current.run({ invocationId, coldStart: invocations === 1 ? 1 : 0 }, work);
    },
  };
}

/** Names the invocation whose work runs now. */
const current = new AsyncLocalStorage<LogFields>();

function writing(powertools: Powertools, bound: LogFields): Logger {
  const write = (level: LogLevel, message: LogMessage, fields: LogFields = {}, error?: unknown) => {
    const told = Object.hasOwn(logMessages, message) ? message : 'unexpected';
    // A value that throws when it is looked at must not take down what was about to log it.
    const known = safely(() => allowedFields({ ...current.getStore(), ...bound, ...fields }));
    powertools[level](told, { ...known, ...(error !== undefined && { error }) });
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields, error) => write('warn', message, fields, error),
    error: (message, fields, error) => write('error', message, fields, error),
    with: (fields) => writing(powertools, { ...bound, ...fields }),
  };
}

function safely(look: () => object): object {
  try {
    return look();
  } catch {
    return { code: 'internal' };
  }
}
