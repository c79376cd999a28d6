import { AccessError } from '#domain/errors.ts';
import { isSettings, type Organization } from '#domain/organization.ts';
import { type CompiledPolicy, compilePolicy } from '#policy/compile.ts';
import { compileText } from './asked-policy.ts';
import type { Dependencies } from './dependencies.ts';
import { policyInForce, readPolicy } from './policy-versions.ts';

/** A policy to ask, and what it is called: the version, where it decides; its document, where it is stored. */
export interface ChosenPolicy {
  compiled: CompiledPolicy;
  version?: string;
  document?: string;
}

type Needs = Pick<Dependencies, 'documents'>;

/**
 * The policy that decides in an organization.
 * @throws StoreError `object-missing`, `object-damaged`, `store-unavailable`; InputError `invalid-input` if it cannot be used any more
 */
export async function presentPolicy(dependencies: Needs, organization: Organization): Promise<ChosenPolicy> {
  const { policy } = organization;
  const compiled = await compilePolicy(await policyInForce(dependencies, organization));
  const { version } = policy;
  return { compiled, version, ...(!isSettings(policy) && { document: policy.document }) };
}

/**
 * The policy that is proposed in an organization, or one of a text that somebody sent.
 * @throws AccessError `not-found` if nothing is proposed; InputError `invalid-input` naming each place, if it cannot be used; StoreError
 *   as `presentPolicy`
 */
export async function proposedPolicy(
  dependencies: Needs,
  { organization, proposal }: Organization,
  cedar: string | undefined,
): Promise<ChosenPolicy> {
  if (cedar !== undefined) return { compiled: await compileText(cedar) };
  if (proposal === undefined) {
    throw new AccessError('not-found', {
      why: 'No policy is proposed.',
      next: 'Propose one, or send a text.',
    });
  }
  const { document } = proposal;
  return {
    document,
    compiled: await compilePolicy(await readPolicy(dependencies, organization, document)),
  };
}
