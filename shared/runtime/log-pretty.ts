import { printable } from '#domain/plain-words.ts';
import type { LogLevel, LogLine } from './log-line.ts';
import { logMessages } from './log-messages.ts';

/** SGR parameters (ECMA-48 section 8.3.117). */
const colours = { info: '32', warn: '33', error: '31' } as const satisfies Record<LogLevel, string>;
const dim = '2';

/**
 * A log line for people: local time of day, level, what it says, then the fields by name. Values are made printable, and
 * quoted where they hold more than one word, so that none can pass for another field or line.
 */
export function prettyLine({ time, level, message, ...fields }: LogLine, inColour: boolean): string {
  const paint = (code: string, text: string) => (inColour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const told = Object.entries(fields)
    .filter(([name]) => name !== 'causes')
    .map(([name, value]) => `${paint(dim, `${name}=`)}${shown(value)}`);
  const clock = paint(dim, timeOfDay(time));
  const first = [clock, paint(colours[level], level.padEnd(5)), logMessages[message], ...told].join(' ');
  return [first, ...causeLines(fields['causes'])].join('\n');
}

function timeOfDay(time: string): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function shown(value: unknown): string {
  const text = printable(Array.isArray(value) ? value.join(',') : String(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function causeLines(causes: unknown): string[] {
  if (!Array.isArray(causes)) return [];
  return causes.map(({ error, at }) =>
    printable(`      ${error} at ${at.join(' < ') || 'an unknown place'}`),
  );
}
