import {
  type EnvironmentName,
  environmentNames,
  environmentSchema,
  type FunctionEnvironment,
} from '#contract/environment.ts';
import { environmentOf } from '#contract/function-environment.ts';
import { type FunctionName, functions } from '#contract/functions.ts';
import { parse } from '#contract/parse.ts';
import { InputError, SetUpError } from '#domain/errors.ts';

/** The environment of a function, which is that of one of its table. */
export type KnownEnvironment = FunctionEnvironment & { [environmentNames.functionName]: FunctionName };

/**
 * Reads what a function is told, once, before anything is opened.
 * @param names the functions that the module is meant for
 * @throws SetUpError `not-set-up`, naming the variable that is missing or holds something else
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly FunctionName[],
): KnownEnvironment {
  const environment = parsed(variables);
  const name = names.find((each) => each === environment[environmentNames.functionName]);
  if (name === undefined) {
    throw wrong(environmentNames.functionName, `does not say which of these it is: ${names.join(', ')}`);
  }
  const known = { ...environment, [environmentNames.functionName]: name };
  const custody = environment[environmentNames.custody] ?? 'kms';
  for (const each of environmentOf(functions[name], custody)) given(known, each);
  return known;
}

/**
 * One value of the environment.
 * @throws SetUpError `not-set-up` if it is missing
 */
export function given<N extends EnvironmentName>(
  environment: FunctionEnvironment,
  name: N,
): NonNullable<FunctionEnvironment[N]> {
  const value = environment[name];
  if (value === undefined || value === null) throw wrong(name, 'is missing');
  return value;
}

function parsed(variables: Readonly<Record<string, string | undefined>>): FunctionEnvironment {
  try {
    return parse(environmentSchema, variables);
  } catch (error) {
    const { field = '', why = 'is not valid' } = error instanceof InputError ? error.details : {};
    throw wrong(field, why);
  }
}

function wrong(field: string, why: string): SetUpError {
  return new SetUpError('not-set-up', { field, why, next: 'Set it in the environment of the function.' });
}
