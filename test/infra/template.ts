import * as v from 'valibot';

const resource = v.looseObject({
  Type: v.string(),
  Properties: v.optional(v.record(v.string(), v.unknown()), {}),
  DependsOn: v.optional(v.unknown()),
  DeletionPolicy: v.optional(v.string()),
  UpdateReplacePolicy: v.optional(v.string()),
});
export type Resource = v.InferOutput<typeof resource> & { id: string };

const output = v.looseObject({
  Value: v.unknown(),
  Export: v.optional(v.object({ Name: v.string() })),
});

const schema = v.looseObject({
  Resources: v.record(v.string(), resource),
  Outputs: v.optional(v.record(v.string(), output), {}),
});

/** One stack, as CloudFormation is given it. */
export class Stack {
  readonly name: string;
  /** How long the template is, in bytes. */
  readonly size: number;
  readonly outputs: Readonly<Record<string, v.InferOutput<typeof output>>>;
  readonly resources: readonly Resource[];

  constructor(name: string, text: string) {
    const { Resources, Outputs } = v.parse(schema, JSON.parse(text));
    this.name = name;
    this.size = Buffer.byteLength(text);
    this.outputs = Outputs;
    this.resources = Object.entries(Resources).map(([id, one]) => ({ ...one, id }));
  }

  ofType(type: string): Resource[] {
    return this.resources.filter(({ Type }) => Type === type);
  }

  /**
   * The one resource of a type whose logical id begins as given.
   * @throws Error if there is none, or more than one
   */
  only(type: string, idPrefix = ''): Resource {
    const found = this.ofType(type).filter(({ id }) => id.startsWith(idPrefix));
    const [first, second] = found;
    if (first === undefined || second !== undefined) {
      throw new Error(`expected one ${type} named ${idPrefix}, found ${found.length}`);
    }
    return first;
  }
}

/** A member of a value of a template, by its names in turn; undefined where there is none. */
export function at(value: unknown, ...names: (string | number)[]): unknown {
  return names.reduce<unknown>((inner, name) => {
    if (Array.isArray(inner) && typeof name === 'number') return inner[name];
    return isRecord(inner) ? inner[String(name)] : undefined;
  }, value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
