import type { PasswordRules, PolicyDecision, PolicyQuestion } from '#domain/policy.ts';

/**
 * An organization's exportability policy: one question, one answer with its reasons. An evaluation that fails is a
 * refusal, never a permission.
 */
export interface ExportabilityPolicy {
  /**
   * @throws SetUpError `not-set-up` if the organization of the principal has no policy
   * @throws StoreError `store-unavailable`
   */
  decide(question: PolicyQuestion): Promise<PolicyDecision>;

  /** What a password set by a person must be. Throws as `decide` does. */
  passwordRules(organization: string): Promise<PasswordRules>;
}
