/**
 * What a rule speaks of. An attribute that no rule names cannot change an answer, nor can a group or a person: so a question need
 * carry no other, and all that can be asked can be counted.
 */
export interface Mentions {
  /** By their entity type's own name, as in `Role`. */
  entities: ReadonlyMap<string, ReadonlySet<string>>;
  attributes: ReadonlySet<string>;
  numbers: ReadonlySet<number>;
  /** Words that an attribute is compared with. */
  compared: readonly { attribute: string; word: string }[];
  /** Whether it adds or multiplies: then more numbers matter than it names, and it can fail. */
  reckons: boolean;
}

interface Gathered extends Mentions {
  entities: Map<string, Set<string>>;
  attributes: Set<string>;
  numbers: Set<number>;
  compared: { attribute: string; word: string }[];
}

/** As Cedar's JSON form has them: of numbers, and of moments. */
const reckoning = ['+', '-', '*', 'neg', 'offset', 'durationSince'];

function nothing(): Gathered {
  return { entities: new Map(), attributes: new Set(), numbers: new Set(), compared: [], reckons: false };
}

/** All that several rules speak of. */
export function allMentions(each: readonly Mentions[]): Mentions {
  const all = nothing();
  for (const { entities, attributes, numbers, compared, reckons } of each) {
    for (const [type, ids] of entities) for (const id of ids) addEntity(all, type, id);
    for (const attribute of attributes) all.attributes.add(attribute);
    for (const number of numbers) all.numbers.add(number);
    all.compared.push(...compared);
    all.reckons ||= reckons;
  }
  return all;
}

/** The ids that are named of an entity type. */
export function named({ entities }: Mentions, type: string): readonly string[] {
  return [...(entities.get(type) ?? [])];
}

/** What a rule speaks of. @param rule in Cedar's JSON form */
export function mentionsOf(rule: object): Mentions {
  const gathered = nothing();
  gather(gathered, rule);
  return gathered;
}

type Node = Record<string, unknown>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function gather(all: Gathered, value: unknown): void {
  if (Array.isArray(value)) {
    for (const each of value) gather(all, each);
    return;
  }
  if (!isNode(value)) return;
  const { type, id, attr, Value } = value;
  if (typeof type === 'string' && typeof id === 'string') addEntity(all, type.replace(/^.*::/, ''), id);
  for (const name of [attr].flat()) if (typeof name === 'string') all.attributes.add(name);
  if (typeof Value === 'number') all.numbers.add(Value);
  all.reckons ||= reckoning.some((operator) => operator in value);
  gatherCompared(all, value);
  gatherSubjects(all, value);
  for (const [name, member] of Object.entries(value)) if (name !== 'annotations') gather(all, member);
}

function addEntity(all: Gathered, type: string, id: string): void {
  const ids = all.entities.get(type) ?? new Set();
  all.entities.set(type, ids.add(id));
}

/** `resource.purpose == "identity"`, either way about, and `["kms", "pkcs11"].contains(resource.custody)`. */
function gatherCompared(all: Gathered, node: Node): void {
  for (const operator of ['==', '!=', 'contains']) {
    const operands = node[operator];
    if (!isNode(operands)) continue;
    const { left, right } = operands;
    for (const [one, other] of [
      [left, right],
      [right, left],
    ]) {
      const attribute = attributeOf(one);
      if (attribute !== undefined) all.compared.push(...wordsOf(other).map((word) => ({ attribute, word })));
    }
  }
}

/** Persons by their subject: `principal.subject == "ada"`, `principal.subject like "svc-*"`; of a pattern, the shortest that it takes. */
function gatherSubjects(all: Gathered, node: Node): void {
  for (const operator of ['==', '!=', 'contains', 'like']) {
    const operands = node[operator];
    if (!isNode(operands)) continue;
    const { left, right, pattern } = operands;
    if (![left, right].some(isSubject)) continue;
    const subjects = [
      ...wordsOf(left),
      ...wordsOf(right),
      ...(Array.isArray(pattern) ? [shortest(pattern)] : []),
    ];
    for (const subject of subjects) addEntity(all, 'Person', subject);
  }
}

function isSubject(expression: unknown): boolean {
  const access = isNode(expression) ? expression['.'] : undefined;
  return isNode(access) && access['attr'] === 'subject';
}

function shortest(pattern: readonly unknown[]): string {
  return pattern.map((each) => (isNode(each) ? each['Literal'] : '')).join('');
}

function attributeOf(expression: unknown): string | undefined {
  const access = isNode(expression) ? expression['.'] : undefined;
  if (!isNode(access) || !isNode(access['left']) || typeof access['attr'] !== 'string') return undefined;
  const of = access['left']['Var'];
  return of === 'resource' || of === 'context' ? access['attr'] : undefined;
}

function wordsOf(expression: unknown): string[] {
  if (!isNode(expression)) return [];
  const { Value, Set: set } = expression;
  if (Array.isArray(set)) return set.flatMap(wordsOf);
  return typeof Value === 'string' ? [Value] : [];
}
