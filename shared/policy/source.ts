import { policyLimits } from '#domain/policy-document.ts';
import { type Finding, mostFindings, type Place } from './finding.ts';

/** One rule of a policy's text, as it stands there. */
export interface RuleSource {
  text: string;
  /** Where it begins in the whole text, in UTF-16 units. */
  start: number;
}

/**
 * How deep brackets may stand in each other in one rule, and how many operators it may have. Cedar evaluates by recursion, and a trap
 * in WebAssembly ends the instance for everybody: its parser traps at 112 brackets, its evaluator at 360 operators in a chain.
 */
const most = { depth: 32, operators: 150 } as const;

/**
 * The tokens of Cedar's grammar, strings and comments exactly as its lexer has them: what is a string here and none there would be
 * nested uncounted. What deepens the tree that Cedar makes of a rule: an operator, a step into a member, a condition.
 */
const tokens =
  /"(?:[^"\\]|\\[^\n])*"|\/\/[^\n\r]*|[([{]|[)\]}]|;|\?\w+|&&|\|\||==|!=|<=|>=|[<>+*.!-]|[A-Za-z_]\w*|[\s\S]/g;
const operatorWords = new Set(['if', 'when', 'unless', 'in', 'has', 'like', 'is']);
const operators = new Set(['&&', '||', '==', '!=', '<=', '>=', '<', '>', '+', '*', '.', '!', '-', '[']);

/**
 * Splits a policy into its rules, each up to its semicolon, and refuses what Cedar should not be given: text without an end, with
 * characters that nobody sees, too many rules, rules that nest too deeply.
 */
export function splitRules(cedar: string): { rules: RuleSource[]; findings: Finding[] } {
  const refused = refusedText(cedar);
  if (refused !== undefined) return { rules: [], findings: [refused] };
  const rules: RuleSource[] = [];
  const findings: Finding[] = [];
  let rule = newRule();
  for (const { 0: token, index } of cedar.matchAll(tokens)) {
    if (isBlank(token)) continue;
    if (rule.start === undefined) rule.start = index;
    count(rule, token);
    if (token.startsWith('?') && token !== '?' && findings.length < mostFindings)
      findings.push(template(cedar, index));
    if (token !== ';') continue;
    rules.push({ text: cedar.slice(rule.start, index + 1), start: rule.start });
    findings.push(...tooDeep(rule, cedar));
    rule = newRule();
  }
  // What has no semicolon is refused by the parser, which would still go as deep as it nests.
  findings.push(...tooDeep(rule, cedar));
  if (rules.length > policyLimits.rules) findings.push(tooMany(rules.length));
  return { rules, findings };
}

function template(cedar: string, at: number): Finding {
  const why = 'It is a template: it has a slot in the place of a principal or resource.';
  const next = 'Name whom you mean, or leave the principal open.';
  return { code: 'template', file: 'policy.cedar', ...placeAt(cedar, at), why, next };
}

interface Counted {
  start: number | undefined;
  depth: number;
  deepest: number;
  operators: number;
}

const newRule = (): Counted => ({ start: undefined, depth: 0, deepest: 0, operators: 0 });

function isBlank(token: string): boolean {
  return token.startsWith('//') || /^\s$/.test(token);
}

function count(rule: Counted, token: string): void {
  if ('([{'.includes(token)) rule.depth += 1;
  if (')]}'.includes(token)) rule.depth -= 1;
  rule.deepest = Math.max(rule.deepest, rule.depth);
  if (operators.has(token) || operatorWords.has(token)) rule.operators += 1;
}

function tooDeep({ start = 0, deepest, operators: chained }: Counted, cedar: string): Finding[] {
  const found = (why: string, next: string): Finding[] => [
    { code: 'too-deep', file: 'policy.cedar', ...placeAt(cedar, start), why, next },
  ];
  if (deepest > most.depth) {
    return found(
      `Its brackets stand ${deepest} deep in each other; ${most.depth} is the most.`,
      'Write it flatter, or as several rules.',
    );
  }
  if (chained <= most.operators) return [];
  return found(
    `The rule has ${chained} operators; ${most.operators} is the most.`,
    'Make several rules of it: each permits, or forbids, for itself.',
  );
}

function tooMany(rules: number): Finding {
  const why = `It has ${rules} rules; ${policyLimits.rules} is the most.`;
  return { code: 'too-much', file: 'policy.cedar', why, next: 'Say the same in fewer rules.' };
}

function refusedText(cedar: string): Finding | undefined {
  const bytes = Buffer.byteLength(cedar);
  if (bytes > policyLimits.cedarBytes) {
    const why = `It is ${bytes} bytes long; ${policyLimits.cedarBytes} is the most.`;
    return { code: 'too-much', file: 'policy.cedar', why, next: 'Say the same in fewer rules.' };
  }
  // A person who approves a policy must see what Cedar sees.
  const hidden = /[^\P{Cc}\t\n\r]|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{DI}|\u2800/u.exec(cedar);
  if (hidden === null) return undefined;
  const why = 'A control or invisible character stands here.';
  return { code: 'not-text', file: 'policy.cedar', ...placeAt(cedar, hidden.index), why, next: 'Delete it.' };
}

/** The place of a position in a text. @param at in UTF-16 units */
export function placeAt(text: string, at: number): Place {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 };
}

/** As Cedar counts. @param at in bytes of UTF-8 */
export function placeAtByte(text: string, at: number): Place {
  return placeAt(text, Buffer.from(text).subarray(0, at).toString().length);
}
