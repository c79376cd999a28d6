import { describe, expect, it } from 'vitest';
import type { PolicyTest } from '#domain/policy-document.ts';
import { checkPolicy } from '#policy/check.ts';
import { placeOf } from '#policy/finding.ts';
import { forbid, permit, rule } from './policies.ts';

const passing: PolicyTest = { action: 'Escrow', purpose: 'encryption', expect: 'allowed' };
const good = permit('escrow', 'Escrow', 'resource.purpose == "encryption"');

async function check(cedar: string, tests: readonly PolicyTest[] = [passing]) {
  return await checkPolicy({ cedar, tests });
}

/** Each finding on a line: where, what, and what to do. */
async function told(cedar: string, tests?: readonly PolicyTest[]): Promise<string[]> {
  const findings = await check(cedar, tests);
  return findings.map((finding) => `${placeOf(finding)} ${finding.code}: ${finding.why} ${finding.next}`);
}

it('nothing is wrong with a good policy', async () => {
  expect(await check(good)).toEqual([]);
});

describe('check says where and what is wrong, and what to do', () => {
  it.each([
    [
      'a word that is none of Cedar',
      `${good}permt (principal, action, resource);`,
      'policy.cedar:4:1 does-not-parse: It does not parse: invalid policy effect: permt. Effect must be either `permit` or `forbid`.',
    ],
    [
      'a missing semicolon, at its end',
      good.trimEnd().slice(0, -1),
      /^policy\.cedar:3:\d+ does-not-parse: It does not parse: unexpected end of input\. Expected/,
    ],
    [
      'a column behind letters of several bytes',
      `// Größe Ωμέγα\n${permit('größe', 'Escrow', 'foo').replace('@id("größe")', '@id("g")')}`,
      /^policy\.cedar:4:73 does-not-parse: It does not parse: invalid variable: foo\. The valid/,
    ],
    [
      'a string without an end',
      good.replace('"encryption"', '"encryption'),
      /^policy\.cedar:3:\d+ does-not-parse: It does not parse: invalid token\. Try/,
    ],
    [
      'a template',
      `${good}${rule('slot', 'permit (principal == ?principal, action, resource)')}`,
      'policy.cedar:6:22 template: It is a template: it has a slot in the place of a principal or resource. Name whom you mean, or leave the principal open.',
    ],
    [
      'an attribute that there is not',
      permit('typo', 'Escrow', 'resource.porpose == "encryption"'),
      'policy.cedar:3:73 does-not-fit-schema: Attribute `porpose` on entity type `Escrow::Enrollment` not found. Did you mean `purpose`?',
    ],
    [
      'an action that there is not',
      permit('typo', 'Expert'),
      'policy.cedar:3:30 does-not-fit-schema: Unrecognized action `Escrow::Action::"Expert"`. Did you mean `Escrow::Action::"Export"`?',
    ],
    [
      'a role that there is not',
      rule(
        'typo',
        'permit (principal in Escrow::Role::"admin", action == Escrow::Action::"Escrow", resource)',
      ),
      /^policy\.cedar:3:22 does-not-fit-schema: Entity `Escrow::Role::"admin"` is of an enumerated .* Valid entity eids: "subscriber"/,
    ],
    [
      'what may not be known yet',
      permit('optional', 'Export', 'resource.exportable'),
      /^policy\.cedar:3:73 does-not-fit-schema: Unable to guarantee safety of access to optional attribute `exportable`/,
    ],
    [
      'a type that does not fit',
      permit('type', 'Escrow', 'resource.keyBits == "2048"'),
      /^policy\.cedar:3:73 does-not-fit-schema: The types Long and String are not compatible\. Both operands/,
    ],
    [
      'a context that the action has not',
      permit('context', 'Escrow', 'context.length > 3'),
      /^policy\.cedar:3:73 does-not-fit-schema: Attribute `length` in context for Escrow::Action::"Escrow" not found/,
    ],
    [
      'a word that an attribute never is',
      `${good}${forbid('typo', 'Escrow', '["identity", "encrypton"].contains(resource.purpose)')}`,
      'policy.cedar:4:1 unknown-word: The rule typo compares purpose with "encrypton", which it never is. Use one of: identity, encryption.',
    ],
    [
      'the same the other way about',
      permit('typo', 'Export', 'resource has lock && "passwort" != resource.lock'),
      'policy.cedar:1:1 unknown-word: The rule typo compares lock with "passwort", which it never is. Use one of: password, recipient, held, resident.',
    ],
    [
      'a rule that is never asked',
      `${good}${permit('never', 'Escrow', 'resource.keyBits > 2048 && resource.keyType == "EC"')}`,
      /^policy\.cedar:4:1 matches-nothing: The rule never matches nothing that could be asked \(\d+ questions were tried\)\. Correct/,
    ],
    [
      'a rule that contradicts itself',
      `${good}${permit('never', 'Escrow', 'resource.purpose == "identity" && resource.purpose == "encryption"')}`,
      /^policy\.cedar:4:1 matches-nothing: The rule never /,
    ],
    [
      'a rule that is never true',
      `${good}${permit('never', 'Escrow', 'false')}`,
      /^policy\.cedar:4:1 matches-nothing: The rule never /,
    ],
    [
      'a policy that permits nothing',
      `${good}${rule('no', 'forbid (principal, action, resource)')}`,
      'policy.cedar permits-nothing: Whatever is asked, it is refused: what one rule permits, another forbids. Narrow what is forbidden, or permit more.',
    ],
    [
      'no rule at all',
      '// Nothing yet.',
      'policy.cedar permits-nothing: It has no rule, so it permits nothing. Write a rule, or begin with one of the policies that this software brings.',
    ],
  ])('%s', async (_what, cedar, expected) => {
    const [first] = await told(cedar);
    if (typeof expected === 'string') expect(first).toBe(expected);
    else expect(first).toMatch(expected);
  });
});

describe('a rule is found to match', () => {
  it.each([
    'principal.subject == "ada"',
    'principal.subject like "svc-*-prod"',
    '["ada", "eve"].contains(principal.subject) && principal in Escrow::Role::"auditor"',
    'resource has subscriber && resource.subscriber.subject == "ada" && resource.subscriber != principal',
    'principal == Escrow::Person::"ada" && principal in Escrow::Group::"a" && principal in Escrow::Group::"b"',
    'principal in Escrow::Role::"requestor" && principal in Escrow::Role::"auditor"',
    'resource.keyBits * 2 == 768 && resource.custody like "k*"',
    'principal in Escrow::Group::"a" && principal in Escrow::Group::"b" && !(principal in Escrow::Group::"c")',
    ['a', 'b', 'c', 'd', 'e', 'f']
      .map((group) => `${group === 'e' ? '!' : ''}(principal in Escrow::Group::"${group}")`)
      .join(' && '),
    'principal in Escrow::Role::"requestor" && principal in Escrow::Role::"auditor" && principal in Escrow::Role::"administrator" && !(principal in Escrow::Role::"subscriber")',
  ])('%s', async (condition) => {
    expect(await check(`${good}${forbid('rare', 'Export', condition)}`)).toEqual([]);
  });
});

it('a rule is found to match at a number that it reckons and does not name', async () => {
  const sums = `${permit('five', 'SetPassword', 'context.length + 5 == 20')}${forbid('two', 'ReleaseRecovered', 'context.agents * 2 == 14')}`;
  expect(await check(`${good}${sums}`)).toEqual([]);
});

describe('a rule that fails on some question', () => {
  const large = '9223372036854775807';

  it.each([
    [
      'permit',
      permit('sum', 'MakeKey', `resource.purpose == "encryption" && resource.keyBits + ${large} > 0`),
      'MakeKey',
    ],
    [
      'forbid',
      forbid('sum', 'Export', `resource.keyBits == 521 && resource.keyBits * ${large} < 0`),
      'Export',
    ],
    [
      'forbid',
      forbid('sum', 'SetPassword', `context.length > 120 && context.length * ${large} < 0`),
      'SetPassword',
    ],
    ['forbid', forbid('sum', 'Enroll', `resource.keyBits > 1 && -(-${large} - 1) > 0`), 'Enroll'],
  ])('%s: is found, with the question: %s', async (_effect, cedar, action) => {
    const [finding, ...more] = await told(`${good}${cedar}`);
    expect(more).toEqual([]);
    expect(finding).toMatch(
      `policy.cedar:4:1 fails: The rule sum fails on a question that could be asked, and what fails is refused: ${action} of `,
    );
  });

  it('is good where it cannot be reached', async () => {
    const never = `resource.keyBits > 2048 || resource.keyBits * ${large} < 0`;
    expect(
      await check(
        `${good}${permit('sum', 'MakeKey', `resource.keyBits > 1 && (${never.replace('2048', '1')})`)}`,
      ),
    ).toEqual([]);
  });
});

describe('annotations', () => {
  const scope = 'permit (principal, action == Escrow::Action::"Escrow", resource)';

  it.each([
    ['no id', `@reason("So.") ${scope};`, 'The rule has no name.'],
    ['an id without a value', `@id @reason("So.") ${scope};`, 'The rule has no name.'],
    [
      'an id in capitals',
      `@id("Rule") @reason("So.") ${scope};`,
      'The name of the rule is not as names are.',
    ],
    ['an id that is empty', `@id("") @reason("So.") ${scope};`, 'The name of the rule is not as names are.'],
    [
      'an id that is too long',
      `@id("${'a'.repeat(65)}") @reason("So.") ${scope};`,
      'The name of the rule is not as names are.',
    ],
    [
      "a floor's name",
      `@id("floor-own") @reason("So.") ${scope};`,
      "The name floor-own is one of the service's own.",
    ],
    [
      "the engine's name",
      `@id("no-rule-permits") @reason("So.") ${scope};`,
      "The name no-rule-permits is one of the service's own.",
    ],
    ['no reason', `@id("a") ${scope};`, 'The rule gives no reason that a person could read.'],
    [
      'a reason that is no sentence',
      `@id("a") @reason("because") ${scope};`,
      'The rule gives no reason that a person could read.',
    ],
    [
      'a reason of two lines',
      `@id("a") @reason("One.\\nTwo.") ${scope};`,
      'The rule gives no reason that a person could read.',
    ],
    [
      'a reason that turns around',
      `@id("a") @reason("One\\u{202e}.") ${scope};`,
      'The rule gives no reason that a person could read.',
    ],
    [
      'a reason that shows nothing',
      `@id("a") @reason("S\\u{3164}\\u{2800}.") ${scope};`,
      'The rule gives no reason that a person could read.',
    ],
    [
      'an empty contact',
      `@id("a") @reason("So.") @contact("") ${scope};`,
      'Its contact is empty, too long, or no plain text.',
    ],
    [
      'another annotation',
      `@id("a") @reason("So.") @reson("So.") ${scope};`,
      'There is no annotation @reson.',
    ],
    ['the same id twice', `${good}${good}`, 'A rule called escrow stands in line 1 already.'],
  ])('%s', async (_what, cedar, why) => {
    expect((await check(cedar)).map((finding) => ({ code: finding.code, why: finding.why }))).toEqual([
      { code: 'annotation', why },
    ]);
  });

  it('the same annotation twice does not parse', async () => {
    const findings = await told(`@id("a") @id("b") @reason("So.") ${scope};`);
    expect(findings).toEqual([
      'policy.cedar:1:10 does-not-parse: It does not parse: duplicate annotation: @id. Correct it.',
    ]);
  });
});

describe('what a floor forbids', () => {
  const open = rule('anything', 'permit (principal, action, resource)');

  it('is found, once for each floor, with a question that shows it', async () => {
    const findings = await check(open, [{ action: 'Enroll', purpose: 'identity', expect: 'allowed' }]);
    const floors = findings.map(({ code, why }) => `${code} ${/\((floor-[a-z-]+)\)$/.exec(why)?.[1]}`);
    expect(floors).toEqual([
      'crosses-floor floor-identity-never-escrowed',
      'crosses-floor floor-identity-never-held',
      'crosses-floor floor-never-loosened',
      'crosses-floor floor-auditor-never-counts',
      'crosses-floor floor-two-agents',
    ]);
    expect(findings[0]).toMatchObject({
      rule: 'anything',
      line: 1,
      why: 'It permits what no policy may: Escrow of an identity key at medium by somebody without a role, kms, RSA_2048, requested. A signature key is never escrowed (Federal Common Policy 4.12.1). (floor-identity-never-escrowed)',
      next: 'Narrow anything, or forbid it in a rule of its own.',
    });
  });

  it.each([
    [
      'identity keys in escrow',
      permit('a', 'Escrow', 'resource.assurance != "medium"'),
      'floor-identity-never-escrowed',
    ],
    [
      'one group',
      rule(
        'a',
        'permit (principal in Escrow::Group::"board", action == Escrow::Action::"LockByNothing", resource)',
      ),
      'floor-identity-never-held',
    ],
    [
      'one person',
      rule(
        'a',
        'permit (principal == Escrow::Person::"root", action == Escrow::Action::"ExportCompatible", resource)',
      ),
      'floor-never-loosened',
    ],
    [
      'one agent',
      permit('a', 'ReleaseRecovered', 'context.agents >= 1 && principal in Escrow::Role::"recovery-agent"'),
      'floor-two-agents',
    ],
    [
      'auditors as agents',
      rule(
        'a',
        'permit (principal in Escrow::Role::"auditor", action == Escrow::Action::"ApproveRecovery", resource)',
      ),
      'floor-auditor-never-counts',
    ],
  ])('is found for %s', async (_what, cedar, floor) => {
    const findings = await told(`${good}${cedar}`);
    expect(findings).toEqual([expect.stringContaining(`(${floor})`)]);
  });

  const groups = Array.from(
    { length: 24 },
    (_unused, index) => `principal in Escrow::Group::"group-${index}"`,
  );
  const wide = permit('wide', 'Escrow', `resource.purpose == "encryption" && (${groups.join(' || ')})`);
  const hidden =
    'resource.custody == "kms" && resource.keySpec == "ECC_NIST_P521" && principal in Escrow::Role::"requestor" && !(principal in Escrow::Role::"auditor") && principal in Escrow::Group::"group-11" && !(principal in Escrow::Group::"group-2")';

  it.each([
    ['of very many questions', permit('needle', 'Escrow', hidden)],
    [
      'of those that others leave',
      `${permit('needle', 'Escrow', 'principal in Escrow::Group::"group-11"')}${forbid('but', 'Escrow', `resource.purpose == "identity" && !(${hidden})`)}`,
    ],
  ])('is found where it is one %s', async (_what, needle) => {
    const findings = await told(`${good}${wide}${needle}`);
    expect(findings).toEqual([expect.stringContaining('(floor-identity-never-escrowed)')]);
  });

  it('is not found where another rule forbids it', async () => {
    const own = forbid('own', 'Escrow', 'resource.purpose == "identity"');
    expect(await check(`${permit('all', 'Escrow')}${own}`)).toEqual([]);
  });
});

describe('its own tests', () => {
  it.each<[string, readonly PolicyTest[], string[]]>([
    [
      'none',
      [],
      ['tests.json no-tests: It has no tests. Write down a question that it must answer, and the answer.'],
    ],
    [
      'another answer',
      [passing, { name: 'Identity too.', action: 'Escrow', purpose: 'identity', expect: 'allowed' }],
      [
        'tests.json test-fails: Test 2 fails: Identity too. Expected allowed, but it is refused by no-rule-permits: No rule of the policy permits this. Correct the rule, or the test.',
      ],
    ],
    [
      'another rule',
      [{ ...passing, rules: ['other'] }],
      [
        'tests.json test-fails: Test 1 fails: Escrow of an encryption key at medium by somebody without a role. It is allowed as expected, but by escrow, and not by other. Correct the rule, or the test.',
      ],
    ],
    [
      'another reason',
      [{ ...passing, rules: ['escrow'], reason: 'So.' }],
      [
        'tests.json test-fails: Test 1 fails: Escrow of an encryption key at medium by somebody without a role. It is allowed by escrow as expected, but with another reason: Because of escrow. Correct the rule, or the test.',
      ],
    ],
    [
      'too many',
      Array.from({ length: 1001 }, () => passing),
      ['tests.json too-much: It has 1001 tests; 1000 is the most. Leave some out.'],
    ],
  ])('%s', async (_what, tests, expected) => {
    expect(await told(good, tests)).toEqual(expected);
  });
});
