import type { PolicySettings } from '#domain/organization.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { PolicyAction, PolicyQuestion } from '#domain/policy.ts';

/** What one rule answered. */
export interface Answer {
  allowed: boolean;
  rule: string;
  reason: string;
}

type Rule = (question: PolicyQuestion, settings: { policy: PolicySettings }) => Answer;

const permit = (rule: string, reason: string): Answer => ({ allowed: true, rule, reason });
const forbid = (rule: string, reason: string): Answer => ({ allowed: false, rule, reason });

/** One rule an action: the rules of the field (US Federal Common Policy) plus what the organization chose. */
const rules: Readonly<Record<PolicyAction, Rule>> = {
  Enroll: ({ principal }) =>
    principal.roles.some((role) => role === 'enrollment-workflow' || role === 'administrator')
      ? permit('enroll-by-workflow', 'The organization enrolls its own subscribers.')
      : forbid(
          'enroll-by-workflow',
          'Only the enrollment workflow or an administrator may ask for a key pair.',
        ),

  MakeKey: () => permit('make-any-key', 'The organization restricts neither custody nor kind of key.'),

  MakeExportable: ({ resource }, { policy }) =>
    policy.exportable[resource.purpose][resource.assurance]
      ? permit('exportable-by-assurance', `A key for ${resource.purpose} at ${resource.assurance} may leave.`)
      : forbid(
          'not-exportable-by-assurance',
          `A key for ${resource.purpose} at ${resource.assurance} must stay where it was made.`,
        ),

  Escrow: ({ resource }, { policy }) => {
    if (resource.purpose === 'identity') {
      return forbid('identity-never-escrowed', 'A signature key is never escrowed.');
    }
    return policy.escrow.encryption
      ? permit('encryption-escrowed', 'An encryption key is escrowed before its certificate is issued.')
      : forbid('encryption-not-escrowed', 'The organization does not escrow encryption keys.');
  },

  LockByPassword: () => permit('lock-by-password', 'The subscriber sets a password.'),
  LockByRecipient: () => permit('lock-by-recipient', 'The request named a key to lock to.'),
  LockByNothing: ({ resource }, { policy }) =>
    policy.heldAllowed && resource.purpose === 'encryption'
      ? permit('held-allowed', 'The organization holds encryption keys without a subscriber lock.')
      : forbid('held-not-allowed', "A key without its subscriber's lock is not allowed here."),

  SetPassword: ({ principal, context }, { policy }) => {
    const { minimumLength, maximumLength } = policy.passwordRules;
    const length = context?.length ?? 0;
    if (!principal.roles.includes('subscriber')) {
      return forbid('password-by-subscriber', 'Only the subscriber may set the password of the own key.');
    }
    return length >= minimumLength && length <= maximumLength
      ? permit('password-by-subscriber', 'The subscriber sets a password that is long enough.')
      : forbid('password-length', `A password has ${minimumLength} to ${maximumLength} characters.`);
  },

  Export: (question, { policy }) => mayExport(question, policy, question.resource.profile ?? 'modern'),
  ExportCompatible: (question, { policy }) => mayExport(question, policy, 'compatible'),

  RequestRecovery: ({ principal, context }) =>
    principal.roles.includes(context?.thirdParty === false ? 'subscriber' : 'requestor')
      ? permit('recovery-requested', 'A subscriber asks for the own key, a requestor for that of another.')
      : forbid('recovery-requested', 'Only its subscriber or a requestor may ask for an escrowed key.'),
  ApproveRecovery: ({ principal }) => byRecoveryAgent(principal),
  ReleaseRecovered: ({ principal, context }) =>
    (context?.agents ?? 0) >= 2
      ? byRecoveryAgent(principal)
      : forbid('two-agents', 'An escrowed key comes back through two recovery agents.'),
};

function byRecoveryAgent({ roles }: PolicyQuestion['principal']): Answer {
  return roles.includes('recovery-agent')
    ? permit('recovery-by-agent', 'A recovery agent recovers escrowed keys.')
    : forbid('recovery-by-agent', 'Only a recovery agent recovers escrowed keys.');
}

function mayExport(
  { principal, resource }: PolicyQuestion,
  { profiles }: PolicySettings,
  profile: PfxProfile,
): Answer {
  if (!principal.roles.includes('subscriber')) {
    return forbid('export-by-subscriber', 'Only the subscriber may take a copy of the own key.');
  }
  if (resource.exportable !== true) {
    return forbid('not-exportable', 'The key was made non-exportable.');
  }
  return profiles.includes(profile)
    ? permit('export-by-subscriber', 'The subscriber takes an own copy.')
    : forbid('profile-not-allowed', profileNotAllowed(profile, profiles));
}

/** Which profile is not allowed, and what can be had instead without asking anybody. */
function profileNotAllowed(profile: PfxProfile, allowed: readonly PfxProfile[]): string {
  const instead = allowed.join(' or ');
  const how = profile === 'compatible' ? `export for a newer system, as ${instead}` : `export as ${instead}`;
  return `The organization allows no copies of the profile ${profile}: ${how}.`;
}

/** What the service answered by settings, before policies were written in Cedar: what those who set them still count on. */
export function answerBySettings(policy: PolicySettings, question: PolicyQuestion): Answer {
  return rules[question.action](question, { policy });
}
