import type { Group } from './result.ts';

/**
 * The groups by name, in the order in which `npm run bench` runs them. Each is loaded only when it is run: what one
 * needs, another may do without.
 */
export const groups: ReadonlyMap<string, () => Promise<Group>> = new Map([
  ['pfx', async () => (await import('./pfx/group.ts')).pfx],
  ['keys', async () => (await import('./keys/group.ts')).keys],
  ['e2e', async () => (await import('./e2e/group.ts')).e2e],
  ['http', async () => (await import('./http/group.ts')).http],
  ['cold', async () => (await import('./cold/group.ts')).cold],
  ['registry', async () => (await import('./registry/group.ts')).registry],
  ['policy', async () => (await import('./policy/group.ts')).policy],
  ['ledger', async () => (await import('./ledger/group.ts')).ledger],
  ['cost', async () => (await import('./cost/group.ts')).cost],
]);
