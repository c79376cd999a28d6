import { describe, expect, it } from 'vitest';
import { questionOf } from '#domain/policy-document.ts';
import { checkPolicy } from '#policy/check.ts';
import { checkSchema } from '#policy/check-schema.ts';
import { compiledRules, compilePolicy } from '#policy/compile.ts';
import { placeOf } from '#policy/finding.ts';
import { Inquiry } from '#policy/inquiry.ts';
import { loadCedar, withCedar } from '#policy/load-cedar.ts';
import { readRules } from '#policy/rules.ts';
import { forbid, permit } from './policies.ts';

const tests = [] as const;
const escrow = questionOf({ action: 'Escrow', purpose: 'encryption', exportable: true });

/** Ways to make Cedar recurse, each as deep as is said. */
const deepened: readonly (readonly [string, (depth: number) => string])[] = [
  ['brackets', (n) => `${'('.repeat(n)}true${')'.repeat(n)}`],
  ['negations', (n) => `${'!('.repeat(n)}true${')'.repeat(n)}`],
  ['minus signs', (n) => `${'-('.repeat(n)}1${')'.repeat(n)} == 1`],
  ['sets', (n) => `${'['.repeat(n)}1${']'.repeat(n)} == ${'['.repeat(n)}1${']'.repeat(n)}`],
  ['records', (n) => `${'{a: '.repeat(n)}1${'}'.repeat(n)} == 1`],
  ['comparisons', (n) => `${'(true == '.repeat(n)}true${')'.repeat(n)}`],
  ['calls', (n) => `resource${'.contains(resource'.repeat(n)}${')'.repeat(n)}`],
  ['conditions', (n) => `${'if '.repeat(n)}true${' then true else false'.repeat(n)}`],
  ['branches', (n) => `${'if resource.keyBits == 1 then true else '.repeat(n)}true`],
  ['conjunctions', (n) => `true${' && resource.keyBits > 1'.repeat(n)}`],
  ['alternatives', (n) => `false${' || resource.keyBits == 1'.repeat(n)}`],
  ['sums', (n) => `1${' + 1'.repeat(n)} > 1`],
  ['products', (n) => `1${' * 1'.repeat(n)} > 1`],
  ['members', (n) => `resource${'.subscriber'.repeat(n)} == 1`],
  ['members in brackets', (n) => `resource${'["subscriber"]'.repeat(n)} == 1`],
  ['methods', (n) => `resource${'.isEmpty()'.repeat(n)}`],
  ['clauses', (n) => `true } ${'when { resource.keyBits > 1 } '.repeat(n)}when { true`],
  ['exceptions', (n) => `true } ${'unless { resource.keyBits == 1 } '.repeat(n)}when { true`],
];

const ruleOf = (condition: string) => permit('deep', 'Escrow', condition);

/** The deepest that is still read, by halving. */
async function deepest(make: (depth: number) => string): Promise<number> {
  let [good, bad] = [1, 400];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const { findings } = await readRules(ruleOf(make(middle)));
    if (findings.some(({ code }) => code === 'too-deep')) bad = middle;
    else good = middle;
  }
  return good;
}

describe('a policy that nests', () => {
  it.each(deepened)('%s: is refused before Cedar sees it', async (_what, make) => {
    const [finding] = await checkPolicy({ cedar: `\n${ruleOf(make(400))}`, tests });
    expect(finding).toMatchObject({ code: 'too-deep', line: 2, column: 1 });
    await expect(compilePolicy({ cedar: ruleOf(make(400)) })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it.each(deepened)('%s: does not trap where it is just read', async (_what, make) => {
    const before = await loadCedar();
    const cedar = ruleOf(make(await deepest(make)));
    const { rules } = await readRules(cedar);
    await checkSchema(cedar, rules);
    await compiledRules(rules).decide(escrow);
    // A trap would have ended this instance.
    expect(await loadCedar()).toBe(before);
  });

  it('is refused behind a string that only looks like one, and without a semicolon', async () => {
    const hidden = ruleOf(`"\\\r" == "${'('.repeat(40)}" || ${'('.repeat(40)}true${')'.repeat(40)}`);
    expect(await checkPolicy({ cedar: hidden, tests })).toMatchObject([{ code: 'too-deep' }]);
    const open = `permit (principal, action, resource) when { ${'('.repeat(5000)}`;
    expect(await checkPolicy({ cedar: open, tests })).toMatchObject([{ code: 'too-deep' }]);
  });

  it('is not refused for brackets in strings and comments', async () => {
    const cedar = `// ${'('.repeat(99)}\n${ruleOf(`principal.subject != "${'(['.repeat(99)}\\"((("`)}`;
    expect((await readRules(cedar)).findings).toEqual([]);
  });
});

describe('after a trap', () => {
  it('the next question is answered all the same, and what trapped is an error', async () => {
    const policy = await compilePolicy({ cedar: permit('yes', 'Escrow') });
    expect(await policy.decide(escrow)).toMatchObject({ allowed: true });
    const trapping = ruleOf(`${'('.repeat(2000)}true${')'.repeat(2000)}`);
    const trap = withCedar((cedar) => cedar.checkParsePolicySet({ staticPolicies: trapping }));
    await expect(trap).rejects.toMatchObject({ code: 'internal' });
    expect(await policy.decide(escrow)).toMatchObject({ allowed: true, rules: ['yes'] });
  });
});

describe('a policy that is no text for people', () => {
  it.each([
    ['NUL', '\0', 'not-text'],
    ['an escape', '\u001b[2J', 'not-text'],
    ['a direction that turns', '\u202e', 'not-text'],
    ['a space without width', '\u200b', 'not-text'],
    ['a byte order mark', '\ufeff', 'not-text'],
    ['half a character', '\ud800', 'not-text'],
    ['a line separator', '\u2028', 'not-text'],
    ['a letter that is blank', '\u3164', 'not-text'],
    ['a pattern without dots', '\u2800', 'not-text'],
    ['what joins and is not seen', '\u034f', 'not-text'],
  ])('%s is refused where it stands', async (_what, character, code) => {
    const cedar = `// one\n// a${character}b\n${permit('a', 'Escrow')}`;
    const [finding, ...more] = await checkPolicy({ cedar, tests });
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ code, line: 2, column: 5 });
  });

  it('tabs and line ends of Windows are no harm', async () => {
    const cedar = permit('a', 'Escrow', 'resource.purpose == "encryption"').replaceAll('\n', '\r\n\t');
    const passing = { action: 'Escrow', purpose: 'encryption', expect: 'allowed' } as const;
    expect(await checkPolicy({ cedar, tests: [passing] })).toEqual([]);
  });
});

describe('a policy that is too much', () => {
  it.each([
    ['bytes', `// ${'ü'.repeat(40_000)}`, 'It is 80003 bytes long; 65536 is the most.'],
    ['rules', 'permit(principal,action,resource);'.repeat(1900), 'It has 1900 rules; 200 is the most.'],
    ['semicolons', ';'.repeat(60_000), 'It has 60000 rules; 200 is the most.'],
  ])('%s', async (_what, cedar, why) => {
    expect(await checkPolicy({ cedar, tests })).toMatchObject([{ code: 'too-much', why }]);
  });

  it('names more groups and persons than can be tried together', async () => {
    const rules = Array.from({ length: 60 }, (_unused, rule) => {
      const groups = Array.from(
        { length: 20 },
        (_each, group) => `principal in Escrow::Group::"${rule}-${group}"`,
      );
      return permit(`rule-${rule}`, 'Escrow', `resource.keyBits == 1 && (${groups.join(' || ')})`);
    });
    const findings = await checkPolicy({ cedar: rules.join(''), tests });
    expect(findings).toContainEqual(expect.objectContaining({ code: 'too-much', file: 'policy.cedar' }));
    expect(findings.length).toBeLessThan(60);
  });

  it.each([
    [
      'annotations',
      `${Array.from({ length: 4000 }, (_unused, index) => `@a${index}("x")`).join('')}permit (principal, action, resource);`,
    ],
    ['slots', '?principal '.repeat(5000)],
    [
      'attributes',
      Array.from({ length: 150 }, (_unused, index) =>
        permit(`r-${index}`, 'Escrow', '[resource.a, resource.b, resource.c].isEmpty()'),
      ).join(''),
    ],
    [
      'words',
      Array.from({ length: 150 }, (_unused, index) =>
        permit(`r-${index}`, 'Escrow', 'resource.purpose == "a"'),
      ).join(''),
    ],
  ])('what is wrong is told a hundred times and no more: %s', async (_what, cedar) => {
    const findings = await checkPolicy({ cedar, tests });
    expect(findings).toHaveLength(100);
    const refused = await compilePolicy({ cedar: `;${cedar}` }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'invalid-input' });
  });

  it('takes longer to try out than is waited for', async () => {
    const long = `resource.purpose == "encryption" && principal.subject != "${'a'.repeat(9000)}"`;
    const document = {
      cedar: permit('long', 'Escrow', long),
      tests: [{ action: 'Escrow', purpose: 'encryption', expect: 'allowed' }],
    } as const;
    expect(await checkPolicy(document, new Inquiry(100_000))).toMatchObject([
      { code: 'too-much', why: 'To try out all that could be asked of it would take too long.' },
    ]);
    expect(await checkPolicy(document)).toEqual([]);
  });

  it('lets others work while it is tried out', async () => {
    let turns = 0;
    const others = setInterval(() => (turns += 1), 1);
    const sets = Array.from({ length: 4000 }, (_unused, index) => index + 1000).join(',');
    await checkPolicy({ cedar: forbid('slow', 'Enroll', `[${sets}].contains(resource.keyBits * 7)`), tests });
    clearInterval(others);
    expect(turns).toBeGreaterThan(2);
  });

  it('but not sets and patterns of any length that fits', async () => {
    const numbers = Array.from({ length: 8000 }, (_unused, index) => index).join(',');
    const cedar = `${permit('set', 'Escrow', `[${numbers}].contains(resource.keyBits)`)}${permit('like', 'Escrow', `principal.subject like "${'*a'.repeat(5000)}*"`)}`;
    const policy = await compilePolicy({ cedar });
    expect(await policy.decide(escrow)).toMatchObject({ allowed: true, rules: ['set'] });
  });
});

it('a place in an endless line is found', async () => {
  const cedar = `${' '.repeat(60_000)}permt (principal, action, resource);`;
  const [finding] = await checkPolicy({ cedar, tests });
  expect(finding && placeOf(finding)).toBe('policy.cedar:1:60001');
});
