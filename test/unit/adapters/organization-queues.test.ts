import { describe, expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { organizationQueuesSql } from '#adapters/sqlite/organization-queues.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe("an organization's view of the queues", () => {
  const folder = temporaryFolder();

  it.each([
    ['deadLetters', 'SEARCH dead_letters USING INDEX dead_letters_by_organization (organization=? AND id>?)'],
    ['countDeadLetters', 'SEARCH dead_letters USING INDEX dead_letters_by_organization (organization=?)'],
    ['backlog', 'SEARCH messages USING INDEX messages_by_organization (organization=?)'],
    ['remove', 'SEARCH dead_letters USING'],
    ['copyBack', 'SEARCH dead_letters USING'],
  ] as const)('%s reads its own rows only, by an index', (name, step) => {
    const database = openDatabase(folder('escrow.db'));
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${organizationQueuesSql[name]}`).all();
    expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining(step)]);
    database.close();
  });
});
