import type { Enrollment } from './enrollment.ts';
import { PolicyError } from './errors.ts';
import type { PolicyAction, PolicyDecision, PolicyQuestion } from './policy.ts';
import type { Principal } from './principal.ts';

/** A rule of the field that no organization's policy can lower. */
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
    reason: 'The key was not made exportable, and that is never loosened.',
    crossedBy: ({ action, resource: { exportable } }) =>
      // Of a copy it must be known that the key may leave; and no key is made to leave that was made to stay.
      action === 'MakeExportable' ? exportable === false : copies.includes(action) && exportable !== true,
  },
  {
    rule: 'floor-no-weak-rsa',
    reason: 'RSA of less than 2048 bits is never used.',
    crossedBy: ({ resource }) => isWeakRsa(resource.keySpec),
  },
  {
    rule: 'floor-two-agents',
    reason:
      "A third party gets a subscriber's key through two recovery agents only (Federal Common Policy 4.12.1.3).",
    crossedBy: ({ action, context }) =>
      action === 'ReleaseRecovered' && context?.thirdParty !== false && !(Number(context?.agents) >= 2),
  },
  {
    rule: 'floor-auditor-never-counts',
    reason: 'An auditor reads, and never counts as a recovery agent (Federal Common Policy 5.2.2).',
    crossedBy: ({ action, principal }) => recoveryByAgents.includes(action) && isAuditorAlone(principal),
  },
];

const copies: readonly PolicyAction[] = ['Export', 'ExportCompatible'];
/** Why a floor is there; undefined for what is none. */
export function floorReason(rule: string): string | undefined {
  return floors.find((floor) => floor.rule === rule)?.reason;
}

const recoveryByAgents: readonly PolicyAction[] = ['ApproveRecovery', 'ReleaseRecovered'];

function isAuditorAlone({ roles }: Principal): boolean {
  return roles.length > 0 && roles.every((role) => role === 'auditor');
}

/** Whatever wrote the record: no key of this service has such a name, and none may get one. */
function isWeakRsa(keySpec: string): boolean {
  const bits = /^RSA_(\d+)$/.exec(keySpec)?.[1];
  return bits !== undefined && Number(bits) < 2048;
}

/** As much of a decision as a floor changes. */
type Floored = Pick<PolicyDecision, 'allowed' | 'rules' | 'reason'>;

/** The decision as it stands once the floors are held: a permission that crosses one becomes a refusal. */
export function holdFloors<D extends Floored>(question: PolicyQuestion, decision: D): D {
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

/** What of an enrollment's record decides how its key is kept. */
export type Keeping = Pick<Enrollment, 'purpose' | 'keySpec' | 'exportable' | 'escrow' | 'lock'>;

/**
 * The floors again, over what a record says of a key that is about to be made. In which profile it is escrowed needs none:
 * no question asks, the record of a backup can name `modern` only, and its proof takes no file of another.
 */
const recordFloors: readonly { rule: string; crossedBy(record: Keeping): boolean }[] = [
  {
    rule: 'floor-identity-never-escrowed',
    crossedBy: ({ purpose, escrow }) => purpose === 'identity' && escrow === 'required',
  },
  {
    rule: 'floor-identity-never-held',
    crossedBy: ({ purpose, lock }) => purpose === 'identity' && lock === 'held',
  },
  { rule: 'floor-no-weak-rsa', crossedBy: ({ keySpec }) => isWeakRsa(keySpec) },
  {
    // A key that cannot be escrowed would be ready, and its CSR free, without its backup.
    rule: 'floor-escrowed-before-ready',
    crossedBy: ({ escrow, exportable }) => escrow === 'required' && !exportable,
  },
];

/**
 * Holds the record itself to the floors, just before its key is made: policy decided earlier, and a record can be wrong.
 * @throws PolicyError `enrollment-refused`, naming every floor that it crosses
 */
export function holdRecordToFloors(record: Keeping): void {
  const rules = recordFloors.filter((floor) => floor.crossedBy(record)).map(({ rule }) => rule);
  if (rules.length === 0) return;
  throw new PolicyError('enrollment-refused', {
    why: 'The record of this enrollment asks for what no policy may allow.',
    next: 'Tell the operator: stored data was changed.',
    rules,
  });
}
