import type { EventName } from '#contract/subscriptions.ts';
import { canonicalJson } from '#crypto/identifiers.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makingHere } from '#steps/key-pair-maker.ts';
import { escrowingHere } from '#steps/make-due-escrow.ts';
import { type Call, through } from './failing-ports.ts';
import { listedNames } from './listed.ts';
import type { World } from './world.ts';

/** Events that set to work or tell of an attempt, and of nothing that lasts. */
const passing: readonly string[] = ['KeyPairAttemptAbandoned', 'LedgerCheckpointed'] satisfies EventName[];

/** Calls that do something outside the stores. */
const outward: readonly string[] = ['notifier.notify', 'queues.redriveOf', 'events.request'];

/**
 * What acts leave in a world that lasts: what records say beyond attempts and counted tries (a lock is told by its event), the events that they bore, what is gone
 * of what was stored, and what was done outside.
 */
export class Lasting {
  readonly #world: World;
  readonly #stored: readonly string[];
  readonly #objects: readonly string[];
  readonly #done: string[] = [];

  private constructor(world: World, stored: readonly string[], objects: readonly string[]) {
    this.#world = world;
    this.#stored = stored;
    this.#objects = objects;
  }

  static async of(world: World): Promise<Lasting> {
    return new Lasting(world, documentsOf(world), await objectsOf(world));
  }

  /** What lasts now, as text to be compared. */
  async now(): Promise<string> {
    const { registry } = this.#world.dependencies;
    const records: unknown[] = [];
    for (const organization of await registry.organizations()) {
      const {
        version: _,
        events: _events,
        ...rest
      } = {
        ...(await registry.read('organization', organization, 'organization')),
      };
      const { items } = await registry.enrollments({ organization, limit: 1_000 });
      records.push(rest, ...items.map(lastingIn));
    }
    const pending = await this.#world.outbox.pending(10_000);
    const events = pending.map(({ event }) => event.type).filter((type) => !passing.includes(type));
    const [documents, objects] = [documentsOf(this.#world), await objectsOf(this.#world)];
    return canonicalJson({
      records,
      events,
      gone: [
        ...this.#stored.filter((name) => !documents.includes(name)),
        ...this.#objects.filter((name) => !objects.includes(name)),
      ],
      done: this.#done,
    });
  }

  /** Notes what is done outside. */
  note(call: string): void {
    if (outward.includes(call)) this.#done.push(call);
  }
}

function lastingIn(enrollment: Enrollment): unknown {
  const {
    state,
    attempt,
    abandoned,
    backups,
    tries: _tries,
    version: _,
    events: _events,
    ...rest
  } = enrollment;
  const { pendingLock: _lock, superseded: _superseded, escrowing: _escrowing, ...lasting } = rest;
  const from = attempt?.from ?? abandoned?.from;
  return {
    ...lasting,
    state: state === 'making' ? from : state,
    backups: backups.filter((backup) => backup.state === 'active'),
  };
}

function documentsOf({ dependencies: { documents } }: World): string[] {
  return documents.names().map((name) => JSON.stringify(name));
}

async function objectsOf({ dependencies: { vault, registry } }: World): Promise<string[]> {
  const names: string[] = [];
  for (const organization of await registry.organizations()) {
    names.push(...(await listedNames(vault, `${organization}/`)));
  }
  return names;
}

/** Watches the ports of a world, call by call. */
export class Watch {
  /** Records nothing, and says so. */
  isDeaf = false;
  /** Calls after which something lasted that no entry told of. */
  unrecorded: string[] = [];
  readonly #worldOf: () => World;
  #lasting: Lasting | undefined;
  #before = '';
  #entries = 0;

  /** @param worldOf gives the world, once it is made */
  constructor(worldOf: () => World) {
    this.#worldOf = worldOf;
  }

  get #world(): World {
    return this.#worldOf();
  }

  async begin({ isDeaf }: { isDeaf: boolean }): Promise<void> {
    this.isDeaf = isDeaf;
    this.unrecorded = [];
    this.#lasting = await Lasting.of(this.#world);
    this.#before = await this.#lasting.now();
    this.#entries = this.#world.dependencies.ledger.entries.length;
  }

  /** Whether something lasts that did not when it began. */
  async hasChanged(): Promise<boolean> {
    return (await this.#lasting?.now()) !== this.#before;
  }

  /** What was recorded since it began. */
  recorded(): World['dependencies']['ledger']['entries'] {
    return this.#world.dependencies.ledger.entries.slice(this.#entries);
  }

  readonly call: Call = async (name, work) => {
    if (this.isDeaf && name === 'ledger.record') throw new TypeError('no ledger');
    const result = await work();
    this.#lasting?.note(name);
    // A process that ended here would leave what lasts, and nothing that tells of it.
    if (this.recorded().length === 0 && (await this.hasChanged())) this.unrecorded.push(name);
    return result;
  };

  /** The same dependencies, watched. */
  over(dependencies: Dependencies): Dependencies {
    const watched = { ...dependencies };
    const wrap = <K extends (typeof ports)[number]>(port: K) => {
      watched[port] = through(dependencies[port], port, this.call);
    };
    for (const port of ports) wrap(port);
    const { events } = dependencies;
    // What comes from outside is a request of somebody's; other events only set to work.
    const nameOf = (type: string) => (type === 'EnrollmentRequested' ? 'events.request' : 'events.publish');
    watched.events = {
      publish: async (event) => {
        await this.call(nameOf(event.type), () => events.publish(event));
      },
    };
    return { ...watched, keyPairs: makingHere(watched), dueEscrow: escrowingHere(watched) };
  }
}

const ports = [
  'registry',
  'documents',
  'vault',
  'keys',
  'ledger',
  'segments',
  'notifier',
  'queues',
  'idempotencyKeys',
] as const satisfies readonly (keyof Dependencies)[];
