import { describe, expect, it } from 'vitest';
import { command, groups } from '../../../cli/command.ts';
import { commands } from '../../../cli/commands.ts';
import { helpOf, overview, usageLine } from '../../../cli/help.ts';

const named = commands.map((each) => [each.words.join(' '), each] as const);

describe('the table of commands', () => {
  it('has no command twice, and each in a group of the overview', () => {
    expect(new Set(named.map(([name]) => name)).size).toBe(named.length);
    for (const { group } of commands) expect(groups).toContain(group);
  });

  it.each(named)('tells of %s all that a person needs', (name, each) => {
    const help = helpOf(each);
    expect(help.startsWith(`escrow ${name}`)).toBe(true);
    expect(each.summary).toMatch(/^[a-z].*[^.]$/);
    for (const [option, { says, value, type }] of Object.entries(each.options)) {
      expect(help).toContain(`--${option}`);
      expect(says).toMatch(/[^.]$|\. .*\.$/);
      expect(value === undefined).toBe(type === 'boolean');
    }
    expect(help.replaceAll('\n', ' ')).toMatch(/Exit status: 0 .*, 2 wrong usage[,.]/);
    expect(help.endsWith('\n\n')).toBe(false);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it.each(named)('shows examples of %s that its own arguments take', (name, each) => {
    expect(each.examples.length).toBeGreaterThan(0);
    for (const example of each.examples) {
      const line = typeof example === 'string' ? example : example[0];
      expect(line).toContain(`escrow ${name}`);
      const options = [...line.matchAll(/ --([a-z-]+)/g)].map(([, option]) => option);
      for (const option of options) expect(Object.keys(each.options)).toContain(option);
    }
  });

  it.each(named)('asks for the secrets of %s never as a value', (_name, each) => {
    for (const [option, { type, value = '' }] of Object.entries(each.options)) {
      // The label of a token, or where a PIN is.
      if (
        type === 'boolean' ||
        ['token LABEL', 'pin SOURCE', 'so-pin SOURCE'].includes(`${option} ${value}`)
      ) {
        continue;
      }
      expect(option).not.toMatch(/(password|secret|passphrase|pin|token|code)$/);
    }
  });

  it('lists every command in the overview', () => {
    const lines = overview(commands).split('\n');
    for (const [name, { summary }] of named) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^  ${name} +${summary.slice(0, 20)}`)));
    }
  });
});

describe('a usage line', () => {
  const described = {
    group: 'Operate',
    summary: 's',
    about: [],
    exits: {},
    examples: [],
    run: async () => 0,
  } as const;

  it('brackets what may be left out', () => {
    const options = {
      must: { type: 'string', value: 'X', says: 'x', required: '--must is needed' },
      may: { type: 'boolean', says: 'y' },
      many: { type: 'string', value: 'N', says: 'z', multiple: true },
      server: { type: 'string', value: 'URL', says: 's', shared: true },
    } as const;
    const operand = { name: 'FILE', required: 'A file.' };
    expect(usageLine(command({ ...described, words: ['do', 'it'], operand, options }))).toBe(
      'escrow do it FILE --must X [--may] [--many N...] [connection]',
    );
    expect(usageLine(command({ ...described, words: ['it'], operand: { name: 'ID' }, options: {} }))).toBe(
      'escrow it [ID]',
    );
  });
});
