import { describe, expect, it } from 'vitest';
import { EscrowError } from '#domain/errors.ts';
import { questionOf } from '#domain/policy-document.ts';
import { type CompiledPolicy, compilePolicy } from '#policy/compile.ts';
import { mostSlots } from '#policy/slots.ts';
import { forbid, permit, rule } from './policies.ts';

const escrow = questionOf({ action: 'Escrow', purpose: 'encryption' });

async function policyOf(...rules: string[]): Promise<CompiledPolicy> {
  return await compilePolicy({ cedar: rules.join('\n') });
}

async function ask(question: typeof escrow, ...rules: string[]) {
  return await (await policyOf(...rules)).decide(question);
}

describe('a decision', () => {
  it('is a permission by the rules that permit, in the order of the text, with their reasons', async () => {
    const rules = [permit('zebra', 'Escrow'), permit('other', 'Enroll'), permit('ant', 'Escrow')];
    expect(await ask(escrow, ...rules)).toEqual({
      allowed: true,
      rules: ['zebra', 'ant'],
      reason: 'Because of zebra. Because of ant.',
    });
  });

  it('is a refusal where one rule forbids, whatever permits', async () => {
    const rules = [permit('yes', 'Escrow'), forbid('no', 'Escrow'), permit('also', 'Escrow')];
    expect(await ask(escrow, ...rules)).toMatchObject({ allowed: false, rules: ['no'] });
  });

  it('is a refusal where no rule speaks of it', async () => {
    expect(await ask(escrow, permit('other', 'Enroll'))).toEqual({
      allowed: false,
      rules: ['no-rule-permits'],
      reason: 'No rule of the policy permits this.',
    });
  });

  it('is a refusal where there is no rule at all', async () => {
    expect(await ask(escrow, '// nothing')).toMatchObject({ allowed: false, rules: ['no-rule-permits'] });
  });

  it('names the contact of the rule that decided, and none of a rule that did not', async () => {
    const contacted = forbid('no', 'Escrow').replace('forbid', '@contact("pki@acme.example")\nforbid');
    expect(await ask(escrow, contacted)).toMatchObject({ contact: 'pki@acme.example' });
    const other = await ask(escrow, contacted.replace('"Escrow"', '"Enroll"'), permit('yes', 'Escrow'));
    expect(other).not.toHaveProperty('contact');
  });

  it('says a reason once that several rules share', async () => {
    const same = permit('two', 'Escrow').replace('Because of two.', 'Because of one.');
    expect(await ask(escrow, permit('one', 'Escrow'), same)).toMatchObject({
      rules: ['one', 'two'],
      reason: 'Because of one.',
    });
  });

  it('tells a compatible copy from others, however it is asked for', async () => {
    const rules = [permit('copy', 'Export'), forbid('old', 'ExportCompatible')];
    const facts = { purpose: 'identity', exportable: true } as const;
    const compatible = questionOf({ ...facts, action: 'Export', profile: 'compatible' });
    expect(await ask(compatible, ...rules)).toMatchObject({ allowed: false, rules: ['old'] });
    const modern = questionOf({ ...facts, action: 'Export' });
    expect(await ask(modern, ...rules)).toMatchObject({ allowed: true, rules: ['copy'] });
  });
});

describe('what a rule may ask', () => {
  const facts = {
    action: 'Export',
    purpose: 'encryption',
    assurance: 'medium-token',
    custody: 'kms',
    keySpec: 'ECC_NIST_P384',
    stage: 'certified',
    exportable: true,
    lock: 'recipient',
    escrow: 'required',
    subject: 'ada',
    subscriber: 'ada',
    roles: ['subscriber', 'auditor'],
    groups: ['payroll'],
    profile: 'pbmac1',
  } as const;

  it.each([
    'resource.purpose == "encryption"',
    'resource.assurance == "medium-token"',
    'resource.custody == "kms"',
    'resource.keySpec == "ECC_NIST_P384"',
    'resource.keyType == "EC" && resource.keyBits == 384',
    'resource.stage == "certified"',
    'resource has exportable && resource.exportable',
    'resource has lock && resource.lock == "recipient"',
    'resource has escrow && resource.escrow == "required"',
    'resource has subscriber && resource.subscriber == principal',
    'resource has subscriber && resource.subscriber.subject == "ada"',
    'resource["purpose"] like "enc*"',
    'principal == Escrow::Person::"ada" && principal.subject == "ada"',
    'principal in Escrow::Role::"subscriber" && principal in Escrow::Role::"auditor"',
    'principal in Escrow::Group::"payroll"',
    '!(principal in Escrow::Group::"board") && !(principal in Escrow::Role::"administrator")',
    'context.profile == "pbmac1"',
  ])('%s', async (condition) => {
    expect(await ask(questionOf(facts), permit('asked', 'Export', condition))).toMatchObject({
      allowed: true,
    });
    const refused = await ask(questionOf(facts), permit('asked', 'Export', `!(${condition})`));
    expect(refused).toMatchObject({ allowed: false, rules: ['no-rule-permits'] });
  });

  it.each([
    ['SetPassword', { length: 14 }, 'context.length == 14'],
    ['RequestRecovery', { thirdParty: false }, '!context.thirdParty'],
    ['ApproveRecovery', {}, 'context.thirdParty'],
    ['ReleaseRecovered', { thirdParty: true, agents: 2 }, 'context.thirdParty && context.agents == 2'],
    ['ReleaseRecovered', {}, 'context.thirdParty && context.agents == 0'],
    ['SetPassword', {}, 'context.length == 0'],
    ['Enroll', {}, 'resource.stage == "requested" && !(resource has exportable)'],
    ['Export', { exportable: false }, 'resource.stage == "made" && context.profile == "modern"'],
    ['Escrow', { keySpec: 'RSA_3072' }, 'resource.keyType == "RSA" && resource.keyBits == 3072'],
    ['Escrow', { subject: 'eve', subscriber: 'ada' }, 'resource.subscriber != principal'],
    ['Escrow', { subscriber: 'ada' }, 'resource.subscriber.subject == "ada"'],
  ] as const)('%s with %j: %s', async (action, known, condition) => {
    const question = questionOf({ action, purpose: 'identity', ...known });
    expect(await ask(question, permit('asked', action, condition))).toMatchObject({ allowed: true });
  });
});

describe('a rule that fails', () => {
  const failing = 'resource.nowhere == 1';

  it.each([
    ['a permit', [permit('fails', 'Escrow', failing)]],
    ['a forbid beside a permit', [permit('yes', 'Escrow'), forbid('fails', 'Escrow', failing)]],
    ['a permit beside another', [permit('yes', 'Escrow'), permit('fails', 'Escrow', failing)]],
    ['an overflow', [permit('yes', 'Escrow'), forbid('fails', 'Escrow', '9223372036854775807 + 1 > 0')]],
    ['an address that is none', [permit('yes', 'Escrow'), forbid('fails', 'Escrow', 'ip("no").isIpv4()')]],
  ])('never permits: %s', async (_what, rules) => {
    expect(await ask(escrow, ...rules)).toEqual({
      allowed: false,
      rules: ['policy-evaluation-error'],
      reason: 'The policy failed on this question, and what fails is refused.',
      failed: ['fails'],
    });
  });

  it.each([
    ['a length that is no whole number', { action: 'SetPassword', purpose: 'identity', length: 12.5 }],
    ['a length that is none', { action: 'SetPassword', purpose: 'identity', length: Number.NaN }],
  ] as const)('nor does a question that cannot be asked: %s', async (_what, facts) => {
    const answer = await ask(questionOf(facts), permit('yes', 'SetPassword'));
    expect(answer).toMatchObject({ allowed: false, rules: ['policy-evaluation-error'], failed: [] });
  });

  it('nor does a key of a kind that there is not, where the kind is asked for', async () => {
    const question = { ...escrow, resource: { ...escrow.resource } };
    Reflect.set(question.resource, 'keySpec', 'DSA_1024');
    const answer = await ask(question, permit('yes', 'Escrow', 'resource.keyBits > 0'));
    expect(answer).toMatchObject({ allowed: false, rules: ['policy-evaluation-error'] });
  });
});

describe('many policies', () => {
  it('are each answered by their own rules, more of them than are kept parsed', async () => {
    const count = mostSlots.parts + 6;
    const policies = await Promise.all(
      Array.from({ length: count }, async (_unused, index) =>
        policyOf(index % 2 === 0 ? permit(`rule-${index}`, 'Escrow') : forbid(`rule-${index}`, 'Escrow')),
      ),
    );
    for (const round of [1, 2]) {
      for (const [index, policy] of policies.entries()) {
        const answer = await policy.decide(escrow);
        expect(answer, `round ${round}`).toMatchObject({
          allowed: index % 2 === 0,
          rules: [`rule-${index}`],
        });
      }
    }
  });

  it('may be asked at the same time', async () => {
    const [yes, no] = await Promise.all([
      policyOf(permit('yes', 'Escrow')),
      policyOf(forbid('no', 'Escrow')),
    ]);
    const asked = Array.from({ length: 40 }, (_unused, index) => (index % 2 === 0 ? yes : no).decide(escrow));
    const answers = await Promise.all(asked);
    expect(answers.map(({ allowed }) => allowed)).toEqual(answers.map((_each, index) => index % 2 === 0));
  });
});

describe('a policy that cannot be read', () => {
  it('is refused with every place', async () => {
    const cedar = `${rule('one', 'permit (principal, action, resource)')}permit (principal, action, resource);\n`;
    const refused = await compilePolicy({ cedar }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EscrowError);
    expect(refused).toMatchObject({
      code: 'invalid-input',
      details: { field: 'policy.cedar:4:1', issues: [{}, {}] },
    });
  });
});
