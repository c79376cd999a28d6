import { policyName, readStoredPolicy } from '#crypto/stored-policy.ts';
import { InputError, SetUpError } from '#domain/errors.ts';
import { isSettings, type Organization } from '#domain/organization.ts';
import type { PolicyDecision, PolicyQuestion } from '#domain/policy.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { type CompiledPolicy, compilePolicy, type PolicyAnswer, refusingPolicy } from '#policy/compile.ts';
import { settingsAsCedar } from '#policy/settings-as-cedar.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { ExportabilityPolicy, PolicyFailure } from '#ports/policy.ts';
import type { Registry } from '#ports/registry.ts';

/** How many policies are kept compiled: those that were asked last. */
const mostCompiled = 64;

/**
 * Organizations' own policies: which one decides, the organization's record says each time; its text is a document that never
 * changes, so it is read and compiled once. A policy that does not compile permits nothing; that one failed on a question is told.
 */
export class CedarPolicy implements ExportabilityPolicy {
  readonly #registry: Pick<Registry, 'read'>;
  readonly #documents: Pick<DocumentStore, 'get'>;
  readonly #onFailure: (failure: PolicyFailure) => void | Promise<void>;
  /** By the names of their documents, the one that was asked last standing last. */
  readonly #compiled = new Map<string, Promise<CompiledPolicy>>();

  /** @param onFailure told of each call on which a policy fails, and waited for; it does not throw */
  constructor(
    registry: Pick<Registry, 'read'>,
    documents: Pick<DocumentStore, 'get'>,
    onFailure: (failure: PolicyFailure) => void | Promise<void> = () => {},
  ) {
    this.#registry = registry;
    this.#documents = documents;
    this.#onFailure = onFailure;
  }

  async decide(question: PolicyQuestion): Promise<PolicyDecision> {
    const organization = await this.#organization(question.principal.organization);
    return await this.#answer(organization, await this.#policyOf(organization), question);
  }

  async decideAll(name: string, questions: readonly PolicyQuestion[]): Promise<PolicyDecision[]> {
    const organization = await this.#organization(name);
    const policy = await this.#policyOf(organization);
    const answers: PolicyAnswer[] = [];
    for (const question of questions) answers.push(await policy.decide(question));
    await this.#tell(organization, answers);
    return answers.map((answer) => decisionOf(organization, answer));
  }

  async #answer(
    organization: Organization,
    policy: CompiledPolicy,
    question: PolicyQuestion,
  ): Promise<PolicyDecision> {
    const answer = await policy.decide(question);
    await this.#tell(organization, [answer]);
    return decisionOf(organization, answer);
  }

  /** Told once of all questions together. */
  async #tell({ organization, policy }: Organization, answers: readonly PolicyAnswer[]): Promise<void> {
    const failures = answers.flatMap(({ failed }) => (failed === undefined ? [] : [failed]));
    if (failures.length === 0) return;
    await this.#onFailure({ organization, version: policy.version, rules: [...new Set(failures.flat())] });
  }

  async #organization(name: string): Promise<Organization> {
    const organization = await this.#registry.read('organization', name, 'organization');
    if (organization === undefined) throw new SetUpError('not-set-up');
    return organization;
  }

  async #policyOf({ organization, policy }: Organization): Promise<CompiledPolicy> {
    if (!isSettings(policy)) {
      const id = policy.document;
      return await this.#kept(id, async () =>
        readStoredPolicy(id, await this.#documents.get({ kind: 'policy', organization, id })),
      );
    }
    const document = settingsAsCedar(policy);
    return await this.#kept(policyName(document), async () => document);
  }

  /** What failed is not kept: it may be read the next time. */
  async #kept(name: string, read: () => Promise<PolicyDocument>): Promise<CompiledPolicy> {
    const compiling = this.#compiled.get(name) ?? read().then(compiledOrRefusing);
    this.#compiled.delete(name);
    this.#compiled.set(name, compiling);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > mostCompiled && oldest !== undefined) this.#compiled.delete(oldest);
    try {
      return await compiling;
    } catch (error) {
      if (this.#compiled.get(name) === compiling) this.#compiled.delete(name);
      throw error;
    }
  }
}

/** What was checked when it was published compiles; should it not, as under another version of Cedar, nothing is permitted. */
async function compiledOrRefusing(document: PolicyDocument): Promise<CompiledPolicy> {
  try {
    return await compilePolicy(document);
  } catch (error) {
    if (error instanceof InputError) return refusingPolicy;
    throw error;
  }
}

function decisionOf(
  { contact, policy: { version } }: Organization,
  { failed: _, ...answer }: PolicyAnswer,
): PolicyDecision {
  return { contact, ...answer, version };
}
