import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { Logger } from '../log.ts';
import { allowedFields, type LogFields } from '../log-fields.ts';
import type { LogLevel } from '../log-line.ts';
import { type LogMessage, logMessages } from '../log-messages.ts';
import { AllowedFieldsFormatter } from './log-formatter.ts';

/** A logger of a function on AWS Lambda. */
export interface LambdaLog extends Logger {
  /** From now on each line names this invocation, until the next one. */
  begin(invocationId: string): void;
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
    begin(invocationId) {
      invocations += 1;
      powertools.resetKeys();
      powertools.appendKeys(allowedFields({ invocationId, coldStart: invocations === 1 ? 1 : 0 }));
    },
  };
}

function writing(powertools: Powertools, bound: LogFields): Logger {
  const write = (level: LogLevel, message: LogMessage, fields: LogFields = {}, error?: unknown) => {
    const told = Object.hasOwn(logMessages, message) ? message : 'unexpected';
    // A value that throws when it is looked at must not take down what was about to log it.
    const known = safely(() => allowedFields({ ...bound, ...fields }));
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
