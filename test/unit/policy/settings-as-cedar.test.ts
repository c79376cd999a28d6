import { describe, expect, it } from 'vitest';
import type { PolicySettings } from '#domain/organization.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import { type PolicyQuestion, policyActions } from '#domain/policy.ts';
import { type PolicyFacts, questionOf } from '#domain/policy-document.ts';
import { checkPolicy } from '#policy/check.ts';
import { compilePolicy } from '#policy/compile.ts';
import { questionSpace, questionsOf } from '#policy/question-space.ts';
import { settingsAsCedar } from '#policy/settings-as-cedar.ts';
import { generalSettings } from '#test/support/policies.ts';
import { answerBySettings } from './answer-by-settings.ts';
import { defaultPolicy } from './policies.ts';

/** Refusals that settings had one name for with what they permit. */
const renamed: Readonly<Record<string, string>> = {
  'enroll-only-by-workflow': 'enroll-by-workflow',
  'export-only-by-subscriber': 'export-by-subscriber',
  'password-only-by-subscriber': 'password-by-subscriber',
  'recovery-not-requested': 'recovery-requested',
  'recovery-only-by-agent': 'recovery-by-agent',
};

const never = { medium: false, 'medium-token': false, 'medium-hardware': false };
const allowed = { medium: true, 'medium-token': true, 'medium-hardware': true };

/** Settings that differ from each other in every choice. */
const choices: Readonly<Record<string, PolicySettings>> = {
  general: generalSettings,
  lax: {
    ...generalSettings,
    exportable: { identity: allowed, encryption: { ...allowed, medium: false } },
    escrow: { identity: false, encryption: false },
    profiles: ['modern', 'compatible'],
    heldAllowed: true,
    passwordRules: { minimumLength: 8, maximumLength: 20 },
  },
  strict: {
    ...generalSettings,
    exportable: { identity: never, encryption: never },
    profiles: ['pbmac1'],
    passwordRules: { minimumLength: 128, maximumLength: 128 },
  },
  every: { ...generalSettings, profiles: pfxProfiles },
  compatible: { ...generalSettings, profiles: ['compatible'] },
  new: { ...generalSettings, profiles: ['modern', 'pbmac1'] },
};

/** As the service asked by settings: an export with each profile and with none, of a key that is exportable, or not, or not known. */
function asAsked({ facts, question }: { facts: PolicyFacts; question: PolicyQuestion }): PolicyQuestion[] {
  if (facts.action !== 'Export' && facts.action !== 'ExportCompatible') return [question];
  const { exportable: _, ...rest } = question.resource;
  const profiles: (PfxProfile | undefined)[] =
    facts.action === 'Export' ? [undefined, ...pfxProfiles] : [undefined];
  return [{}, { exportable: true }, { exportable: false }].flatMap((known) =>
    profiles.map((profile) => ({
      ...question,
      resource: { ...rest, ...known, ...(profile && { profile }) },
    })),
  );
}

function everyQuestion(policy: Awaited<ReturnType<typeof compilePolicy>>, action: PolicyFacts['action']) {
  const asked = [...questionsOf(questionSpace(policy.mentions, [action]))].flatMap(asAsked);
  return [...new Map(asked.map((question) => [JSON.stringify(question), question])).values()];
}

describe.each(Object.entries(choices))('the settings %s, as Cedar', async (_name, settings) => {
  const policy = await compilePolicy(settingsAsCedar(settings));

  it.each(policyActions)('answer every question about %s as before, by the same rule', async (action) => {
    const questions = everyQuestion(policy, action);
    expect(questions.length).toBeGreaterThan(20);
    for (const question of questions) {
      const before = answerBySettings(settings, question);
      const now = await policy.decide(question);
      const told = JSON.stringify(question);
      expect(now.allowed, told).toBe(before.allowed);
      const rules = now.rules.map((id) => renamed[id] ?? id);
      expect(rules, told).toContain(before.rule);
    }
  });
});

describe('settings, as Cedar', () => {
  it('are the same document for the same settings, and another for others', () => {
    expect(settingsAsCedar(generalSettings)).toEqual(settingsAsCedar({ ...generalSettings }));
    const documents = Object.values(choices).map((each) => settingsAsCedar(each).cedar);
    expect(new Set(documents).size).toBe(documents.length);
  });

  it.each(Object.entries(choices))('are a policy that could be published: %s', async (_name, settings) => {
    expect(await checkPolicy(settingsAsCedar(settings))).toEqual([]);
  });

  it('have tests that fail under other settings, whichever choice differs', async () => {
    const { identity, encryption } = generalSettings.exportable;
    const { tests } = settingsAsCedar(generalSettings);
    const others: Partial<PolicySettings>[] = [
      { exportable: { identity, encryption: { ...encryption, medium: false } } },
      { exportable: { identity: { ...identity, 'medium-hardware': true }, encryption } },
      { escrow: { identity: false, encryption: false } },
      { profiles: ['modern', 'compatible'] },
      { profiles: ['pbmac1'] },
      { heldAllowed: true },
      { passwordRules: { minimumLength: 11, maximumLength: 128 } },
      { passwordRules: { minimumLength: 12, maximumLength: 127 } },
    ];
    for (const other of others) {
      const { cedar } = settingsAsCedar({ ...generalSettings, ...other });
      const codes = (await checkPolicy({ cedar, tests })).map(({ code }) => code);
      expect(codes, JSON.stringify(other)).toContain('test-fails');
    }
  });

  it('say in a refusal what is allowed instead', async () => {
    const policy = await compilePolicy(
      settingsAsCedar({ ...generalSettings, profiles: ['modern', 'pbmac1'] }),
    );
    const facts = { action: 'Export', purpose: 'encryption', roles: ['subscriber'] } as const;
    const answer = await policy.decide(questionOf({ ...facts, exportable: true, profile: 'compatible' }));
    expect(answer.rules).toEqual(['profile-not-allowed']);
    expect(answer.reason).toContain('export as modern or pbmac1');
  });

  it('of the kind that every organization had answer as the general policy does', async () => {
    const [before, now] = await Promise.all(
      [settingsAsCedar(generalSettings), defaultPolicy('general')].map(compilePolicy),
    );
    const apart = ['RequestRecovery', 'ApproveRecovery', 'ReleaseRecovered'];
    for (const action of policyActions.filter((each) => !apart.includes(each))) {
      const questions = now === undefined ? [] : everyQuestion(now, action);
      for (const question of questions) {
        expect((await now?.decide(question))?.allowed, JSON.stringify(question)).toBe(
          (await before?.decide(question))?.allowed,
        );
      }
    }
  });
});
