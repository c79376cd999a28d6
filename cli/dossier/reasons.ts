import type { Dossier } from '#crypto/dossier/content.ts';
import { floorReason } from '#domain/floors.ts';
import { policyLimits } from '#domain/policy-document.ts';
import { builtInRules, readRules } from '#policy/rules.ts';

/** Why a rule of a policy is there, in the words of the policy; undefined where it is not at hand. */
export type ReasonOf = (version: string, rule: string) => string | undefined;

/** The reasons that the rules of policies give, those that every policy has, and the floors. A policy that cannot be read gives none. */
export async function reasonsOf(policies: Dossier['policies']): Promise<ReasonOf> {
  const reasons = new Map<string, string>();
  for (const { version, cedar } of policies) {
    if (Buffer.byteLength(cedar) > policyLimits.cedarBytes) continue;
    const { rules } = await readRules(cedar);
    for (const { id, reason } of rules) reasons.set(JSON.stringify([version, id]), reason);
  }
  const everywhere = new Map(
    Object.values(builtInRules).map(({ id, reason }): [string, string] => [id, reason]),
  );
  return (version, rule) =>
    reasons.get(JSON.stringify([version, rule])) ?? everywhere.get(rule) ?? floorReason(rule);
}
