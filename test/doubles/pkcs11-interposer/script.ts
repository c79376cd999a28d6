import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const lists = readFileSync(join(import.meta.dirname, 'functions.h'), 'utf8');
const functions = new Set([...lists.matchAll(/(?:CALL|USES)\(\d, [A-Z]+, (C_\w+)/g)].map(([, name]) => name));
const results = new Set([...lists.matchAll(/VALUE\((CKR_\w+)\)/g)].map(([, name]) => name));

const numbers = String.raw`0x[\da-f]+(?:,0x[\da-f]+)*`;
const action = String.raw`(?:crash|hang|delay [1-9]\d*|close-sessions|log-out|return (?<result>\w+))`;
const when = String.raw`(?: after)?(?: from call [1-9]\d*)?(?: times [1-9]\d*)?`;
const rule = new RegExp(`^(?<name>\\*|C_\\w+): ${action}${when}$`);
const setting = new RegExp(
  `^(?:token: removed|sessions: close-all|sessions: at most [1-9]\\d*|mechanisms: with(?:out)? ${numbers})$`,
);

/**
 * Looks whether the interposer understands a line of a script, so that a slip of the pen fails where it was made and is
 * not taken for a token's bad day. What lines mean is told in `script.h`.
 * @throws TypeError with the line
 */
export function checkLine(line: string): void {
  if (!isRule(line) && !setting.test(line)) throw new TypeError(`the interposer does not know: ${line}`);
}

function isRule(line: string): boolean {
  const found = rule.exec(line)?.groups;
  if (found === undefined) return false;
  const { name, result } = found;
  const isResult = result === undefined || results.has(result) || /^0x[\da-f]+$/.test(result);
  return isResult && (name === '*' || functions.has(name));
}
