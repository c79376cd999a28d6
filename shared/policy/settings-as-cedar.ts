import type { PolicySettings } from '#domain/organization.ts';
import { type PfxProfile, pfxProfiles } from '#domain/pfx-profile.ts';
import type { policyActions } from '#domain/policy.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { purposes } from '#domain/purpose.ts';
import { testsOfSettings } from './settings-tests.ts';

/**
 * The policy in Cedar that answers as an organization's settings did, from before policies were written in Cedar. Rules have the names
 * that settings gave them; a refusal for a missing role has one of its own, since each rule either permits or forbids.
 * @returns always the same for the same settings, with tests that say what those were
 */
export function settingsAsCedar(settings: PolicySettings): PolicyDocument {
  const rules = [
    ...enrolling(),
    ...leaving(settings),
    ...escrowing(settings),
    ...locking(settings),
    ...passwords(settings),
    ...exporting(settings),
    ...recovering(),
  ];
  return { cedar: rules.join('\n'), tests: testsOfSettings(settings) };
}

type Action = (typeof policyActions)[number];

interface RuleText {
  effect: 'permit' | 'forbid';
  actions: readonly Action[];
  reason: string;
  when?: string;
  unless?: string;
}

function rule(id: string, { effect, actions, reason, when, unless }: RuleText): string {
  const named = actions.map((action) => `Escrow::Action::"${action}"`).join(', ');
  const condition =
    when !== undefined ? ` when { ${when} }` : unless !== undefined ? ` unless { ${unless} }` : '';
  return `@id("${id}")
@reason("${reason}")
${effect} (principal, action in [${named}], resource)${condition};
`;
}

/** One rule that permits where a condition holds, and one that forbids where it does not; of no condition, the latter alone. */
function either(
  actions: readonly Action[],
  condition: string | undefined,
  permitted: { id: string; reason: string },
  forbidden: { id: string; reason: string },
): string[] {
  if (condition === undefined) {
    return [rule(forbidden.id, { effect: 'forbid', actions, reason: forbidden.reason })];
  }
  return [
    rule(permitted.id, { effect: 'permit', actions, reason: permitted.reason, when: condition }),
    rule(forbidden.id, { effect: 'forbid', actions, reason: forbidden.reason, unless: condition }),
  ];
}

const has = (role: string) => `principal in Escrow::Role::"${role}"`;

function enrolling(): string[] {
  return [
    ...either(
      ['Enroll'],
      `${has('enrollment-workflow')} || ${has('administrator')}`,
      { id: 'enroll-by-workflow', reason: 'The organization enrolls its own subscribers.' },
      {
        id: 'enroll-only-by-workflow',
        reason: 'Only the enrollment workflow or an administrator may ask for a key pair.',
      },
    ),
    rule('make-any-key', {
      effect: 'permit',
      actions: ['MakeKey'],
      reason: 'The organization restricts neither custody nor kind of key.',
    }),
  ];
}

function leaving({ exportable }: PolicySettings): string[] {
  const allowed = purposes.flatMap((purpose) =>
    Object.entries(exportable[purpose])
      .filter(([, may]) => may)
      .map(([assurance]) => `resource.purpose == "${purpose}" && resource.assurance == "${assurance}"`),
  );
  return either(
    ['MakeExportable'],
    allowed.length === 0 ? undefined : allowed.map((each) => `(${each})`).join(' || '),
    { id: 'exportable-by-assurance', reason: 'A key of this purpose and assurance may leave custody.' },
    {
      id: 'not-exportable-by-assurance',
      reason: 'A key of this purpose and assurance must stay where it was made.',
    },
  );
}

function escrowing({ escrow }: PolicySettings): string[] {
  const encryption = escrow.encryption
    ? rule('encryption-escrowed', {
        effect: 'permit',
        actions: ['Escrow'],
        reason: 'An encryption key is escrowed before its certificate is issued.',
        when: 'resource.purpose == "encryption"',
      })
    : rule('encryption-not-escrowed', {
        effect: 'forbid',
        actions: ['Escrow'],
        reason: 'The organization does not escrow encryption keys.',
        when: 'resource.purpose == "encryption"',
      });
  const identity = rule('identity-never-escrowed', {
    effect: 'forbid',
    actions: ['Escrow'],
    reason: 'A signature key is never escrowed.',
    when: 'resource.purpose == "identity"',
  });
  return [encryption, identity];
}

function locking({ heldAllowed }: PolicySettings): string[] {
  return [
    rule('lock-by-password', {
      effect: 'permit',
      actions: ['LockByPassword'],
      reason: 'The subscriber sets a password.',
    }),
    rule('lock-by-recipient', {
      effect: 'permit',
      actions: ['LockByRecipient'],
      reason: 'The request named a key to lock to.',
    }),
    ...either(
      ['LockByNothing'],
      heldAllowed ? 'resource.purpose == "encryption"' : undefined,
      { id: 'held-allowed', reason: 'The organization holds encryption keys without a subscriber lock.' },
      { id: 'held-not-allowed', reason: "A key without its subscriber's lock is not allowed here." },
    ),
  ];
}

function passwords({ passwordRules: { minimumLength, maximumLength } }: PolicySettings): string[] {
  const actions = ['SetPassword'] as const;
  const long = `context.length >= ${minimumLength} && context.length <= ${maximumLength}`;
  return [
    rule('password-by-subscriber', {
      ...{ effect: 'permit', actions, when: `${has('subscriber')} && ${long}` },
      reason: 'The subscriber sets a password that is long enough.',
    }),
    rule('password-length', {
      ...{ effect: 'forbid', actions, when: `${has('subscriber')} && !(${long})` },
      reason: `A password has ${minimumLength} to ${maximumLength} characters.`,
    }),
    rule('password-only-by-subscriber', {
      ...{ effect: 'forbid', actions, unless: has('subscriber') },
      reason: 'Only the subscriber may set the password of the own key.',
    }),
  ];
}

const exports = ['Export', 'ExportCompatible'] as const;
const wasExportable = 'resource has exportable && resource.exportable';

/** As before, what stands in the way first is told, and nothing beyond it: who asks, then the key, then the profile. */
function exporting({ profiles }: PolicySettings): string[] {
  const forbid = (id: string, reason: string, when: string, actions: readonly Action[] = exports) =>
    rule(id, { effect: 'forbid', actions, reason, when });
  const may = `${has('subscriber')} && ${wasExportable}`;
  return [
    rule('export-by-subscriber', {
      effect: 'permit',
      actions: exports,
      reason: 'The subscriber takes an own copy.',
      when: may,
    }),
    forbid(
      'export-only-by-subscriber',
      'Only the subscriber may take a copy of the own key.',
      `!(${has('subscriber')})`,
    ),
    forbid(
      'not-exportable',
      'The key was made non-exportable.',
      `${has('subscriber')} && !(${wasExportable})`,
    ),
    ...profilesForbidden(profiles, may),
  ];
}

function profilesForbidden(allowed: readonly PfxProfile[], may: string): string[] {
  const named = pfxProfiles.filter((profile) => profile !== 'compatible' && !allowed.includes(profile));
  const others = named.map((profile) => `context.profile == "${profile}"`);
  const compatible = allowed.includes('compatible') ? [] : ['action == Escrow::Action::"ExportCompatible"'];
  if (others.length + compatible.length === 0) return [];
  const exported =
    others.length === 0
      ? []
      : [`action == Escrow::Action::"Export" && context has profile && (${others.join(' || ')})`];
  const which = [...exported, ...compatible].map((each) => `(${each})`).join(' || ');
  const instead = allowed.join(' or ');
  return [
    rule('profile-not-allowed', {
      effect: 'forbid',
      actions: exports,
      reason: `The organization allows copies of the profile ${instead} only: export as ${instead}, or for a system that takes it.`,
      when: `${may} && (${which})`,
    }),
  ];
}

function recovering(): string[] {
  const agent = has('recovery-agent');
  const byAgent = 'A recovery agent recovers escrowed keys.';
  return [
    ...either(
      ['RequestRecovery'],
      `(${has('subscriber')} && !context.thirdParty) || (${has('requestor')} && context.thirdParty)`,
      {
        id: 'recovery-requested',
        reason: 'A subscriber asks for the own key, a requestor for that of another.',
      },
      {
        id: 'recovery-not-requested',
        reason: 'Only its subscriber or a requestor may ask for an escrowed key.',
      },
    ),
    rule('recovery-by-agent', {
      effect: 'permit',
      actions: ['ApproveRecovery', 'ReleaseRecovered'],
      reason: byAgent,
      when: agent,
    }),
    rule('recovery-only-by-agent', {
      effect: 'forbid',
      actions: ['ApproveRecovery', 'ReleaseRecovered'],
      reason: 'Only a recovery agent recovers escrowed keys.',
      unless: agent,
    }),
    rule('two-agents', {
      effect: 'forbid',
      actions: ['ReleaseRecovered'],
      reason: 'An escrowed key comes back through two recovery agents.',
      when: 'context.agents < 2',
    }),
  ];
}
