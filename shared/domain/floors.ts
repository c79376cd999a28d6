import type { PolicyDecision, PolicyQuestion } from './policy.ts';

/** A rule of the field that no organization's policy can lower (design: "Floors"). */
interface Floor {
  rule: string;
  reason: string;
  crossedBy(question: PolicyQuestion): boolean;
}

const floors: readonly Floor[] = [
  {
    rule: 'floor-identity-never-escrowed',
    reason: 'A signature key is never escrowed (Federal Common Policy 4.12.1).',
    crossedBy: ({ action, resource }) => action === 'Escrow' && resource.purpose === 'identity',
  },
  {
    rule: 'floor-identity-never-held',
    reason: 'A signature key is never kept without a lock of its subscriber.',
    crossedBy: ({ action, resource }) => action === 'LockByNothing' && resource.purpose === 'identity',
  },
  {
    rule: 'floor-never-loosened',
    reason: 'The key was made non-exportable, and that is never loosened.',
    crossedBy: ({ action, resource }) => action === 'Export' && resource.exportable === false,
  },
];

/** The decision as it stands once the floors are held: a permission that crosses one becomes a refusal. */
export function holdFloors(question: PolicyQuestion, decision: PolicyDecision): PolicyDecision {
  const crossed = floors.filter((floor) => floor.crossedBy(question));
  const [first] = crossed;
  if (first === undefined || !decision.allowed) return decision;
  return {
    ...decision,
    allowed: false,
    rules: crossed.map((floor) => floor.rule),
    reason: first.reason,
  };
}
