import { type FunctionName, type FunctionSpec, functions } from '#contract/functions.ts';

/** A table whose stream a function follows. */
export type FollowedTable = Extract<FunctionSpec['on'], { stream: unknown }>['stream'];

/** Every function of the service. */
export const functionNames: readonly FunctionName[] = Object.keys(functions).filter(isFunctionName);

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

/** What a function is, by its name. */
export function specOf(name: FunctionName): FunctionSpec {
  return functions[name];
}

/** The functions of which something holds, in the order of their table. */
export function functionsWhere(holds: (spec: FunctionSpec) => boolean): readonly FunctionName[] {
  return functionNames.filter((name) => holds(specOf(name)));
}
