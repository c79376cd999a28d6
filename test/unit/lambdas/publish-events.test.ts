import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { publishEvents } from '#lambdas/publish-events/publish-events.ts';
import { makeWorld, organization, requestData, type World } from '#test/support/world.ts';

const workflow: Principal = { organization, subject: 'workflow', roles: ['enrollment-workflow'] };
let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

function send(source: string, named: string): Promise<void> {
  const event = {
    ...({ specversion: '1.0', id: `${source} ${named}`, source, type: 'EnrollmentRequested' } as const),
    ...({ time: '2026-01-05T08:00:00Z', datacontenttype: 'application/json' } as const),
    data: { ...requestData({ idempotencyKey: source }), organization: named },
  };
  return publishEvents(world.dependencies, workflow, { events: [event], requestId: 'r' });
}

const waiting = () => world.queues.receive('request-enrollment', 100, 1);

describe('an event that is sent in', () => {
  it.each([
    ['/my/workflow', organization, 'source', `/organizations/${organization}/workflow`],
    ['/organizations/another', organization, 'source', `/organizations/${organization}/workflow`],
    [`/organizations/${organization}`, 'another', 'data.organization', organization],
  ])('from %s, about %s, is refused at once, and told what to write', async (source, named, field, right) => {
    const error: unknown = await send(source, named).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AccessError);
    expect(error).toMatchObject({
      code: 'not-found',
      details: { field },
      next: expect.stringContaining(right),
    });
    expect(await waiting()).toEqual([]);
  });

  it('from any source of the own organization is taken', async () => {
    await send(`/organizations/${organization}/workflow`, organization);
    expect(await waiting()).toHaveLength(1);
  });
});
