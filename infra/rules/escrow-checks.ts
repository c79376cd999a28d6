import type { CfnResource } from 'aws-cdk-lib';
import { NagMessageLevel, NagPack, type NagRuleResult } from 'cdk-nag';
import { custodyWithoutContext } from './custody-context.ts';
import { weakLocks } from './object-lock.ts';
import { wildcards } from './wildcards.ts';

interface Rule {
  name: string;
  info: string;
  explanation: string;
  /** What is wrong with a resource. */
  find: (node: CfnResource) => string[];
}

const rules: readonly Rule[] = [
  {
    name: 'ObjectLockCompliance',
    info: 'A backup could be removed, or its lock lifted.',
    explanation:
      'Locks are of COMPLIANCE mode, which nobody can lift or shorten, and nobody may remove an object.',
    find: weakLocks,
  },
  {
    name: 'CustodyContext',
    info: 'A key may be used without the whole encryption context.',
    explanation:
      'What wraps or unwraps private keys is allowed for one purpose, organization and enrollment only.',
    find: custodyWithoutContext,
  },
  {
    name: 'NoWildcards',
    info: 'A policy allows more than what it names.',
    explanation:
      'Actions and resources are named one by one; the exceptions stand in infra/rules/wildcards.ts.',
    find: wildcards,
  },
];

/** The project's own rules; a finding fails synthesis as those of the other packs do. */
export class EscrowChecks extends NagPack {
  override readonly name = 'Escrow';

  constructor() {
    super();
    this.packName = 'Escrow';
  }

  protected override checkResource(node: CfnResource): void {
    for (const { name, info, explanation, find } of rules) {
      const rule = (checked: CfnResource): NagRuleResult => find(checked);
      this.applyRule({
        ruleSuffixOverride: name,
        info,
        explanation,
        level: NagMessageLevel.ERROR,
        node,
        rule,
      });
    }
  }
}
