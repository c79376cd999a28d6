import type { PolicyDecision, PolicyQuestion } from '#domain/policy.ts';

/** A policy failed on a question, which was refused for that. Nothing of who asked, or of what. */
export interface PolicyFailure {
  organization: string;
  /** The version of the policy. */
  version: string;
  /** The rules that failed; empty where it failed as a whole. */
  rules: readonly string[];
}

/**
 * An organization's exportability policy: one question, one answer with its reasons. An evaluation that fails is a
 * refusal, never a permission.
 */
export interface ExportabilityPolicy {
  /**
   * @throws SetUpError `not-set-up` if the organization of the principal has no policy
   * @throws StoreError `object-missing`, `object-damaged` if the policy is not as it was published; `store-unavailable`
   * @throws InternalError `internal` if nothing can be evaluated
   */
  decide(question: PolicyQuestion): Promise<PolicyDecision>;

  /**
   * Answers several questions by one version of an organization's policy, whatever is published meanwhile. Throws as `decide`.
   * @param organization also of each question's principal
   * @returns the answers in the order of the questions
   */
  decideAll(organization: string, questions: readonly PolicyQuestion[]): Promise<PolicyDecision[]>;
}
