/** Stands in what is sent, and must stand nowhere in what comes of it. */
export const mark = 'marked value';

/** A body with one thing wrong, and the field that should be named for it. */
export interface WrongBody {
  what: string;
  field: string;
  body: unknown;
}

/** As much of JSON Schema as the description of the API uses for what is sent. */
export interface RequestSchema {
  type?: string;
  properties?: Readonly<Record<string, RequestSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | object;
  items?: RequestSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly RequestSchema[];
  oneOf?: readonly RequestSchema[];
}

type Path = readonly (string | number)[];

const oneOfEachType: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: true,
  number: 424_242,
  string: mark,
  array: [mark],
  object: { marked: mark },
};

/**
 * Every way in which one part of a good body can be wrong by its schema: missing, unknown, of another type, empty, too long,
 * none of the known words.
 */
export function wrongBodies(schema: RequestSchema, body: unknown): WrongBody[] {
  return wrongAt(schema, body, body, []);
}

function wrongAt(schema: RequestSchema, whole: unknown, value: unknown, path: Path): WrongBody[] {
  const wrong = (what: string, changed: unknown, at: Path = path): WrongBody => ({
    what: `${at.join('.') || '(whole)'} ${what}`,
    field: at.join('.') || '(whole)',
    body: withChanged(whole, at, changed),
  });
  const types = typesOf(schema);
  const others = Object.entries(oneOfEachType)
    .filter(([type]) => !types.has(type))
    .map(([type, other]) => wrong(`is of type ${type}`, other));
  const { minLength = 0, maxLength, minItems = 0, maxItems, items } = schema;
  return [
    ...others,
    ...(minLength > 0 && !isClosed(schema) ? [wrong('is empty', '')] : []),
    ...(maxLength === undefined ? [] : [wrong('is too long', 'x'.repeat(maxLength + 1))]),
    ...(isClosed(schema) && types.has('string')
      ? [wrong('is no known word', mark), wrong('is empty', '')]
      : []),
    ...(minItems > 0 ? [wrong('is empty', [])] : []),
    ...(maxItems === undefined || !Array.isArray(value)
      ? []
      : [
          wrong(
            'has too many',
            Array.from({ length: maxItems + 1 }, () => value[0]),
          ),
        ]),
    ...(items !== undefined && Array.isArray(value) ? wrongAt(items, whole, value[0], [...path, 0]) : []),
    ...wrongMembers(branchOf(schema, value), whole, value, path),
  ];
}

function wrongMembers(schema: RequestSchema, whole: unknown, value: unknown, path: Path): WrongBody[] {
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined || typeof value !== 'object' || value === null) return [];
  const present = new Map<string, unknown>(Object.entries(value));
  const at = (name: string) => [...path, name];
  const change = (what: string, name: string, changed: unknown): WrongBody => ({
    what: `${at(name).join('.')} ${what}`,
    field: at(name).join('.'),
    body: withChanged(whole, at(name), changed),
  });
  return [
    ...required.map((name) => change('is missing', name, undefined)),
    ...(additionalProperties === false ? [change('is unknown', 'unknown', mark)] : []),
    ...Object.entries(properties).flatMap(([name, member]) =>
      wrongAt(member, whole, present.get(name), at(name)),
    ),
  ];
}

/** The one of several forms that a value has, by its words. */
function branchOf(schema: RequestSchema, value: unknown): RequestSchema {
  const forms = formsOf(schema);
  if (forms === undefined || typeof value !== 'object' || value === null) return schema;
  const members = new Map<string, unknown>(Object.entries(value));
  const fits = ({ properties = {} }: RequestSchema) =>
    Object.entries(properties).every(
      ([name, member]) => !('const' in member) || member.const === members.get(name),
    );
  return forms.find(fits) ?? schema;
}

function formsOf({ anyOf, oneOf }: RequestSchema): readonly RequestSchema[] | undefined {
  return anyOf ?? oneOf;
}

function isClosed(schema: RequestSchema): boolean {
  return schema.enum !== undefined || 'const' in schema;
}

function typesOf(schema: RequestSchema): ReadonlySet<string> {
  const forms = formsOf(schema);
  if (forms !== undefined) return new Set(forms.flatMap((form) => [...typesOf(form)]));
  // What has any members is checked for what they say.
  if (schema.type === 'object' && schema.properties === undefined) return new Set(['object', 'array']);
  if (schema.type === 'integer') return new Set(['number']);
  if (schema.type !== undefined) return new Set([schema.type]);
  return new Set(
    [schema.const, ...(schema.enum ?? [])].filter((word) => word !== undefined).map((word) => typeof word),
  );
}

/** The same with one member changed; `undefined` takes it out. */
function withChanged(whole: unknown, [first, ...rest]: Path, changed: unknown): unknown {
  if (first === undefined) return changed;
  if (Array.isArray(whole))
    return whole.map((each, index) => (index === first ? withChanged(each, rest, changed) : each));
  const members = typeof whole === 'object' && whole !== null ? Object.entries(whole) : [];
  const present = new Map<string, unknown>(members);
  present.set(String(first), withChanged(present.get(String(first)), rest, changed));
  return Object.fromEntries([...present].filter(([, member]) => member !== undefined));
}
