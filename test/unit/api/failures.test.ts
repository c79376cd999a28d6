import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteName } from '#contract/routes.ts';
import { ProviderError, StoreError } from '#domain/errors.ts';
import type { Role } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import {
  furnishFor,
  propose,
  type Records,
  routeNames,
  sensibleRequests,
} from '#test/support/api-requests.ts';
import { type Call, through } from '#test/support/failing-ports.ts';

/** Ports that fail at a call, once, or do not. */
class Faults {
  /** Counted from 1; the call that fails. */
  at = Number.POSITIVE_INFINITY;
  called: string[] = [];
  #thrown: () => Error = () => new StoreError('store-unavailable');

  /** What the call throws, where it is no refusal of ours that fits it. */
  throws(thrown: (() => Error) | undefined): void {
    this.#thrown = thrown ?? (() => unavailable(this.called.at(-1) ?? ''));
  }

  readonly call: Call = async (name, work) => {
    this.called.push(name);
    if (this.called.length === this.at) throw this.#thrown();
    return await work();
  };

  wrap(dependencies: Dependencies): Dependencies {
    const { registry, documents, vault, policy, keys, ledger, events, notices, queues, idempotencyKeys } =
      dependencies;
    return {
      ...dependencies,
      registry: through(registry, 'registry', this.call),
      documents: through(documents, 'documents', this.call),
      vault: through(vault, 'vault', this.call),
      policy: through(policy, 'policy', this.call),
      keys: through(keys, 'keys', this.call),
      ledger: through(ledger, 'ledger', this.call),
      events: through(events, 'events', this.call),
      notices: through(notices, 'notices', this.call),
      queues: through(queues, 'queues', this.call),
      idempotencyKeys: through(idempotencyKeys, 'idempotencyKeys', this.call),
    };
  }
}

function unavailable(name: string): Error {
  return name.startsWith('keys')
    ? new ProviderError('provider-unavailable')
    : new StoreError('store-unavailable');
}

const everybody: Role[] = ['subscriber', 'enrollment-workflow', 'recovery-official', 'administrator'];
/** These take a tenth of a second and dozens of calls: some of their calls are tried here. */
const costly: readonly RouteName[] = ['setPassword', 'changePassword', 'exportCopy'];
/** These leave nothing that could be asked for again. */
const using: readonly RouteName[] = [
  'setPassword',
  'destroyEnrollment',
  'removeWebhook',
  'redriveDeadLetter',
];
/** Nobody unlocks an own enrollment. */
const subjectOf = (name: RouteName) => (name === 'unlockEnrollment' ? 'olga' : 'ada');

describe.each([
  ['does not answer', undefined],
  ['fails in a way that nobody expects', () => new TypeError('marked')],
])('a port that %s', (_how, thrown) => {
  const faults = new Faults();
  let api: ApiWorld;
  beforeAll(async () => {
    api = await makeApiWorld({ change: (dependencies) => faults.wrap(dependencies) });
  });
  afterAll(() => api.close());

  async function renewed(name: RouteName, given: Records): Promise<Records> {
    if (name === 'approvePolicy') return { ...given, proposal: await propose(api) };
    return using.includes(name) ? await furnishFor(api, name) : given;
  }

  /** Asks with new records, so that it would succeed. @returns whether the fault was met */
  async function expectFailure(name: RouteName, at: number, given: Records): Promise<boolean> {
    faults.at = Number.POSITIVE_INFINITY;
    const records = at > 1 ? await renewed(name, given) : given;
    const token = await api.as(everybody, { authTime: 'now', subject: subjectOf(name) });
    const {
      method,
      target,
      status: usual,
      ...sent
    } = sensibleRequests({ ...records, awaiting: name === 'setPassword' ? records.awaiting : records.ready })[
      name
    ];
    faults.throws(thrown);
    faults.called = [];
    faults.at = at;
    const answer = await api.call(method, target, { ...sent, token });
    const { called } = faults;
    faults.at = Number.POSITIVE_INFINITY;
    const about = `${called[at - 1]}: ${answer.text}`;
    if (called.length < at) {
      expect(answer.status, about).toBe(usual);
      return false;
    }
    // What is not needed for the answer may fail.
    if (answer.status !== usual) {
      expect(thrown === undefined ? [503] : [500, 503], about).toContain(answer.status);
      expect(answer.json['retryable'], about).toBe(true);
    }
    expect(JSON.stringify([answer.text, api.lines, api.world.dependencies.ledger.entries])).not.toContain(
      'marked',
    );
    return true;
  }

  it.each(routeNames)('is told as that, at whichever call: %s', async (name) => {
    const records = await furnishFor(api, name);
    const step = costly.includes(name) ? 6 : 1;
    for (let at = 1; await expectFailure(name, at, records); at += step) await emptied(api, records);
    await emptied(api);
  });
});

/** Takes webhooks away: an organization has no more than twenty. */
async function emptied(api: ApiWorld, but?: Records): Promise<void> {
  const token = await api.as('administrator');
  const { json } = await api.call('GET', '/v1/webhooks', { token });
  const webhooks: { id: string }[] = Array.isArray(json['webhooks']) ? json['webhooks'] : [];
  const others = webhooks.filter(({ id }) => id !== but?.webhook && id !== but?.spareWebhook);
  for (const { id } of others) await api.call('DELETE', `/v1/webhooks/${id}`, { token });
}
