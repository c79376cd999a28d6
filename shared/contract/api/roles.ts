import type { Role } from '#domain/principal.ts';

// Who may use which routes, by what the roles are for. A subscriber sees and touches the own enrollments only: that is
// settled where the record is loaded.

/** Whoever may ask for certificates in the organization's name. */
export const requesting = ['enrollment-workflow', 'administrator'] as const satisfies readonly Role[];

/** Whoever may look at enrollments. */
export const looking = [
  'subscriber',
  'enrollment-workflow',
  'recovery-official',
  'auditor',
  'administrator',
] as const satisfies readonly Role[];

/** Whoever may look at how the organization is set up and follow what happens in it. */
export const following = [
  'enrollment-workflow',
  'recovery-official',
  'auditor',
  'administrator',
] as const satisfies readonly Role[];

/** Whoever may look at how the service itself fares. */
export const watching = ['recovery-official', 'auditor', 'administrator'] as const satisfies readonly Role[];

/** Whoever may read the ledger: nobody writes it but the service. */
export const auditing = ['auditor', 'administrator'] as const satisfies readonly Role[];

export const administering = ['administrator'] as const satisfies readonly Role[];
