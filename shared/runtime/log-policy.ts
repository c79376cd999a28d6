import type { PolicyFailure } from '#ports/policy.ts';
import type { Logger } from './log.ts';

/** Logs that a policy failed on a question, so that whoever writes it learns of it: which, in which version, by which of its rules. */
export function tellPolicyFailed(
  log: Pick<Logger, 'warn'>,
  { organization, version, rules }: PolicyFailure,
): void {
  log.warn('policy-failed', { organization, policyVersion: version, rules });
}
