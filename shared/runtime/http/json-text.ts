import { InputError } from '#domain/errors.ts';

/** Deepest nesting of lists and objects: no request needs a quarter of it, and what walks a value calls itself for each. */
const deepest = 32;

/**
 * The value of a JSON text as I-JSON has it (RFC 7493 section 2.3): no name twice in one object, since readers differ on which
 * counts; and nested at most 32 deep.
 * @throws InputError `invalid-input`, which holds nothing of the text
 */
export function readJson(text: string): unknown {
  const value = parsed(text);
  checkNames(text);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: a parser's message quotes what it read, and that may be a password.
    throw notAsDocumented('is not JSON in UTF-8');
  }
}

/** @param text which is known to be JSON */
function checkNames(text: string): void {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') open.push(new Set());
    if (character === '}' || character === ']') open.pop();
    if (open.length > deepest) throw notAsDocumented('is nested deeper than any request');
    if (character !== '"') continue;
    const start = at;
    at = endOfString(text, start);
    const names = open.at(-1);
    if (names === undefined || !isName(text, at + 1)) continue;
    // Decoded, since the same name can be escaped in several ways.
    const name = String(JSON.parse(text.slice(start, at + 1)));
    if (names.has(name)) throw notAsDocumented('has a name twice in one object');
    names.add(name);
  }
}

/** Where the quotation mark is that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Whether what ended before `at` is the name of a member: a colon comes next. */
function isName(text: string, at: number): boolean {
  let next = at;
  while (/[ \t\r\n]/.test(text[next] ?? '')) next += 1;
  return text[next] === ':';
}

function notAsDocumented(why: string): InputError {
  return new InputError('invalid-input', { field: 'body', why, next: 'Send the documented JSON object.' });
}
