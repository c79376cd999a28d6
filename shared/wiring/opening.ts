import { type DynamoCalls, openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { environmentNames } from '#contract/environment.ts';
import { type FunctionName, type FunctionSpec, functions } from '#contract/functions.ts';
import type { Clock } from '#ports/clock.ts';
import { type LambdaLog, lambdaLog } from '#runtime/lambda/log.ts';
import { xRayTracing } from '#runtime/lambda/x-ray.ts';
import type { Tracing } from '#runtime/tracing.ts';
import { build } from './build.ts';
import { type KnownEnvironment, readEnvironment } from './environment.ts';

/** What whoever opens something is given: which function it is for, where things are, and what all share. */
export interface Opening {
  name: FunctionName;
  spec: FunctionSpec;
  environment: KnownEnvironment;
  clock: Clock;
  build: string;
  log: LambdaLog;
  tracing: Tracing;
  /** The one way to the tables, shared by all that is kept there. */
  dynamoDb: DynamoCalls;
}

/**
 * Begins a function: finds out which it is, and what it was told.
 * @param names the functions that the module is meant for
 * @throws SetUpError `not-set-up`, naming the variable at fault
 */
export function beginFunction(names: readonly FunctionName[]): Opening {
  const environment = readEnvironment(process.env, names);
  const name = environment[environmentNames.functionName];
  return {
    name,
    spec: functions[name],
    environment,
    clock: { now: () => new Date() },
    build,
    log: lambdaLog(name),
    tracing: xRayTracing(),
    dynamoDb: openDynamoDb(),
  };
}
