import type { IApplyRule } from 'cdk-nag';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { acceptedFindings } from '../../infra/accepted-findings.ts';
import { inApp, makeEscrow } from './synthesis.ts';

/** What a pack finds, whether or not somebody gave a reason for it: `ID at PATH`. */
const found = new Set<string>();

function note({ rule, node, ruleSuffixOverride }: IApplyRule, pack: string): void {
  const result = rule(node);
  const id = `${pack}-${ruleSuffixOverride ?? rule.name}`;
  if (result === 'Non-Compliant') found.add(`${id} at ${node.node.path}`);
  if (Array.isArray(result))
    for (const finding of result) found.add(`${id}[${finding}] at ${node.node.path}`);
}

class AllOfAwsSolutions extends AwsSolutionsChecks {
  protected override applyRule(params: IApplyRule): void {
    note(params, this.readPackName);
  }
}

class AllOfNist extends NIST80053R5Checks {
  protected override applyRule(params: IApplyRule): void {
    note(params, this.readPackName);
  }
}

beforeAll(() => {
  for (const kind of ['kms', 'pkcs11'] as const) {
    inApp((app) => {
      const escrow = makeEscrow(app, { custody: { kind } });
      for (const pack of [new AllOfAwsSolutions(), new AllOfNist()]) pack.validateScope(escrow);
    });
  }
});

describe('an accepted finding', () => {
  const places = acceptedFindings.flatMap(({ id, on }) => on.map((place) => ({ id, place })));

  it.each(places)(
    '$id at $place is still one, so that no reason outlives what it was for',
    ({ id, place }) => {
      const there = [...found].filter(
        (one) => one.startsWith(`${id} at Escrow/${place}/`) || one === `${id} at Escrow/${place}`,
      );
      expect(there).not.toEqual([]);
    },
  );

  it('has a reason, as a sentence', () => {
    for (const { reason } of acceptedFindings) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});
