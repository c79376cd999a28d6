import { type Command, type Description, groups, type Option } from './command.ts';

/** How wide help is: what fits any terminal and reads well. */
const width = 100;
const widestOption = 26;

/** How a command is called, on one line: what must be given as it is, what may be left out in brackets. */
export function usageLine(described: Description): string {
  return ['escrow', ...described.words, ...usageParts(described)].join(' ');
}

function usageParts({ operand, options }: Description): string[] {
  const own = Object.entries(options).filter(([, { shared }]) => shared !== true);
  const sharesOptions = own.length < Object.keys(options).length;
  return [
    ...(operand === undefined ? [] : [operand.required === undefined ? `[${operand.name}]` : operand.name]),
    ...own.map(([name, option]) => inUsage(name, option)),
    ...(sharesOptions ? ['[connection]'] : []),
  ];
}

function inUsage(name: string, option: Option): string {
  const text = `${withValue(name, option)}${option.multiple === true ? '...' : ''}`;
  return option.required === undefined ? `[${text}]` : text;
}

function withValue(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** All that a person must know to use a command: usage, what it does, options, exit statuses, examples. */
export function helpOf(described: Description): string {
  const entries = Object.entries(described.options);
  const own = entries.filter(([, { shared }]) => shared !== true);
  const shared = entries.filter(([, option]) => option.shared === true);
  const sections = [
    wrap(usageLine(described), 4),
    ...described.about.map((paragraph) => wrap(paragraph)),
    ...(own.length === 0 ? [] : [optionLines(own)]),
    ...(shared.length === 0 ? [] : [`Connection:\n${optionLines(shared)}`]),
    `${wrap(exitLine(described))}\n${exampleLines(described)}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function optionLines(entries: [string, Option][]): string {
  const longest = Math.max(...entries.map(([name, option]) => withValue(name, option).length));
  const column = Math.min(longest, widestOption) + 5;
  return entries
    .map(([name, option]) => {
      const head = `  ${withValue(name, option)}`;
      // What is too wide for the column stands on a line of its own.
      const lead = head.length + 2 > column ? `${head}\n${' '.repeat(column)}` : head.padEnd(column);
      return lead + wrapped(option.says, width - column).join(`\n${' '.repeat(column)}`);
    })
    .join('\n');
}

function exitLine({ exits }: Description): string {
  const told = Object.entries({ ...exits, 2: 'wrong usage' }).map(([status, says]) => `${status} ${says}`);
  return `Exit status: ${told.join(', ')}.`;
}

function exampleLines({ examples }: Description): string {
  const [first, ...more] = examples;
  if (typeof first === 'string' && more.length === 0) return `Example: ${continued(first, '    ')}`;
  return ['Examples:', ...examples.flatMap(exampleOf)].join('\n');
}

/** What an example is for stands behind it, or above it where the line is too long for both. */
function exampleOf(example: Description['examples'][number]): string[] {
  if (typeof example === 'string') return [`  ${continued(example, '      ')}`];
  const [line, says] = example;
  const both = `  ${line}   # ${says}`;
  return both.length <= width ? [both] : [`  # ${says}`, `  ${continued(line, '      ')}`];
}

/** A long command line as a shell takes it over several lines, broken before an option. */
function continued(line: string, indent: string): string {
  const lines: string[] = [];
  for (const part of line.split(/ (?=--)/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + part.length > width - 8) lines.push(part);
    else lines[lines.length - 1] = `${last} ${part}`;
  }
  return lines.join(` \\\n${indent}`);
}

/** The list of commands, by what they are for. */
export function overview(commands: readonly Command[]): string {
  const column = Math.max(...commands.map(({ words }) => words.join(' ').length)) + 4;
  const sections = groups.map((group) => {
    const listed = commands.filter((each) => each.group === group);
    return [group, ...listed.map((each) => listLine(each, column))].join('\n');
  });
  return [
    'escrow COMMAND [options]',
    ...sections,
    'escrow COMMAND --help says more, with examples. `escrow login` first; `escrow doctor` when something is wrong.',
  ].join('\n\n');
}

/** Some of the commands, each on a line. */
export function listOf(commands: readonly Command[]): string {
  const column = Math.max(...commands.map(({ words }) => words.join(' ').length)) + 4;
  return commands.map((each) => listLine(each, column)).join('\n');
}

function listLine({ words, summary }: Command, column: number): string {
  return `  ${words.join(' ')}`.padEnd(column) + summary;
}

/** @param indent of the lines after the first, in characters */
function wrap(text: string, indent = 0): string {
  return wrapped(text, width - indent).join(`\n${' '.repeat(indent)}`);
}

/** Breaks text between words, but not inside brackets: an option stays with its value. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/\[[^\]]*\](?:\.\.\.)?|\S+/g) ?? []) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
