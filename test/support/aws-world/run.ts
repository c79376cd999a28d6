import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { retries } from '#contract/subscriptions.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import type { Principal } from '#domain/principal.ts';
import { publishEvents } from '#lambdas/publish-events/publish-events.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { redriveDeadLetter } from '#lambdas/redrive-dead-letter/redrive-dead-letter.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import type { CloudEvent, DeadLetter } from '#ports/messages.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { Random } from '#test/fuzz/random.ts';
import { Chance } from './chance.ts';
import { consumers } from './cloud.ts';
import type { Done, Passing } from './front.ts';
import { carry, consume, keep } from './functions.ts';
import type { Lane } from './lane.ts';
import { planOf, type Wanted } from './plan.ts';
import { mostReceives, WorldQueues } from './queues.ts';
import { Tally } from './tally.ts';
import { Watch } from './watch.ts';
import { type AwsWorld, type LaneName, laneNames, type Wires } from './world.ts';

const minute = 60_000;
const day = 86_400_000;
/** Longer than any function of the world runs, in seconds. */
const staleAfterSeconds = 300;
const mostRounds = 60;

/** A function that could be set to work now. */
type Job = (lane: LaneName) => Promise<void>;

/**
 * One organization's main job in a small world of AWS, in which a seed decides all that happens: what is asked for, which function
 * is set to work by what and when, two at a time or one; which requests fail and how; which function is killed; what is delivered
 * twice, late or in another order.
 */
export class AwsRun implements Wires {
  readonly organization: string;
  readonly watch: Watch;
  readonly wanted: readonly Wanted[];
  readonly queues: WorldQueues;
  /** What was put before consumers, as `consumer source id`. */
  readonly delivered: string[] = [];
  /** What happened, in order; for whoever looks for the cause of a failure. */
  readonly story: string[] = [];
  readonly #world: AwsWorld;
  readonly #random: Random;
  readonly #chance: Chance;
  readonly #administrator: Principal;
  readonly #workflow: Principal;
  readonly #unsent: Set<Wanted>;
  /** After how many requests more a lane's function is killed. */
  readonly #killedAfter = new Map<LaneName, number>();
  readonly #dead = new Set<LaneName>();
  /** The message of which nobody could read an event, if one was sent. */
  broken: string | undefined;
  readonly tally = new Tally();
  #carried = 0;
  #isCarrying = false;
  #isCalm = false;

  constructor(world: AwsWorld, seed: number) {
    this.#world = world;
    this.#random = new Random('aws-world', seed);
    this.organization = `org-${seed}`;
    this.watch = new Watch(world.cloud, this.organization);
    this.queues = new WorldQueues(world.cloud.clock, this.organization);
    this.#chance = new Chance(this.#random);
    const { organization } = this;
    this.#administrator = { organization, subject: 'root', roles: ['administrator'] };
    this.#workflow = { organization, subject: 'workflow', roles: ['enrollment-workflow'] };
    this.wanted = planOf(this.#random, organization, world.recipientKey);
    this.#unsent = new Set(this.wanted);
  }

  /** Lets everything happen, first with faults and then without, until nothing is left to do. */
  async live(): Promise<void> {
    const { cloud, gate } = this.#world;
    gate.random = this.#random;
    this.#isCalm = true;
    // Each run begins with a day, so that a seed does the same whatever was run before it.
    cloud.clock.advance(day - (cloud.clock.now().getTime() % day));
    this.#world.take(this);
    // As functions that have just started, which have read no policy yet.
    for (const { dependencies } of Object.values(this.#world.lanes)) {
      dependencies.policy = new CedarPolicy(dependencies.registry, dependencies.documents);
    }
    cloud.hear({
      deliver: (consumer, detail) => {
        const { source, id }: CloudEvent = JSON.parse(detail);
        this.delivered.push(`${consumer} ${source} ${id}`);
        const copies = this.#seldom(8) ? 2 : 1;
        if (copies > 1) this.tally.add('message twice');
        // As if its consumer had failed over it for the better part of an hour.
        const receives = this.#seldom(6) ? retries['notify-subscriber'].pauses.length - 2 : 0;
        for (let left = copies; left > 0; left -= 1) this.queues.send(consumer, detail, receives);
      },
      refusesEntry: () =>
        this.#seldom(15) ? this.#random.pick('ThrottlingException', 'InternalFailure') : undefined,
      // A while of its own choice: the pause that was asked for is spread by chance that no seed decides.
      release: (receipt) => this.queues.release(receipt, this.#random.below(10) * 1_000),
      send: (consumer, body) => this.queues.send(consumer, body),
    });
    await this.#setUp();
    this.#isCalm = false;
    if (this.#random.oneIn(8)) this.#sendBroken();
    const steps = 20 + this.#random.below(20);
    for (let step = 0; step < steps; step += 1) await this.#step();
    this.#isCalm = true;
    this.#chance.calm();
    await this.#settle();
  }

  before(lane: LaneName, { service, operation }: Passing): Fault | undefined {
    const fault = this.#dead.has(lane)
      ? ({ kind: 'cut' } as const)
      : (this.#killing(lane) ?? this.#decide(service));
    if (fault !== undefined) this.tally.add(`${service} ${fault.kind}`);
    this.story.push(`${lane}: ${service} ${operation}${fault === undefined ? '' : ` - ${told(fault)}`}`);
    return fault;
  }

  done(_lane: LaneName, done: Done): void {
    this.watch.done(done);
  }

  isDead(lane: LaneName): boolean {
    return this.#dead.has(lane);
  }

  random(): number {
    return this.#random.below(1_000) / 1_000;
  }

  /** The dead letters of the organization. */
  async deadLetters(): Promise<DeadLetter[]> {
    return (await this.dependencies.queues.deadLettersOf(this.organization, 100)).items;
  }

  get dependencies(): Lane['dependencies'] {
    return this.#world.lanes.first.dependencies;
  }

  /** Reads a certificate request as the workflow does. @returns undefined if it is refused */
  async csrOf({ id }: Enrollment): Promise<string | undefined> {
    const asked = { enrollmentId: id, requestId: 'csr' };
    return await readCsr(this.dependencies, this.#workflow, asked).then(
      (csr) => csr,
      () => undefined,
    );
  }

  /** Something that is no event, and that its function failed over again and again already. */
  #sendBroken(): void {
    this.broken = this.queues.send(this.#random.of(consumers), '<html>', mostReceives - 2);
  }

  async #setUp(): Promise<void> {
    await setUpOrganization(this.dependencies, this.#administrator, {
      name: 'Acme',
      contact: 'helpdesk@acme.example',
      recoveryKey: this.#world.recoveryKey.publicKey,
    });
  }

  async #step(): Promise<void> {
    const jobs = this.#jobs();
    const what = this.#random.below(20);
    if (what === 0) this.story.push(`-- ${this.#chance.beginOutage()} is away`);
    else if (what <= 2) this.#advance(this.#random.pick(1, 5, 30, 120, 600, 900) * 1_000);
    else if (what === 3 && this.#random.oneIn(2)) await this.#mend('first');
    else if (what === 4) await this.#lookForCsrs();
    else if (jobs.length === 0) this.#awaitNext();
    else if (jobs.length > 1 && this.#random.oneIn(3)) await this.#twoAtOnce(jobs);
    else await this.#random.of(jobs)('first');
    this.#raise();
  }

  async #twoAtOnce(jobs: readonly Job[]): Promise<void> {
    const { gate } = this.#world;
    this.tally.add('two at once');
    // Both, before either begins, so that neither goes ahead.
    for (const lane of laneNames) gate.begin(lane);
    await Promise.all([
      this.#random
        .of(jobs)('first')
        .finally(() => gate.end('first')),
      this.#meanwhile(1 + this.#random.below(3)).finally(() => gate.end('second')),
    ]);
  }

  /** What other functions do while one is at work: among them a reconciler that takes it for dead, though it is not. */
  async #meanwhile(times: number): Promise<void> {
    for (let left = times; left > 0; left -= 1) {
      const staleAfter = this.#random.pick(staleAfterSeconds, 0);
      const mend: Job = async (lane) => {
        // Whoever is taken for dead at work comes to its end, and discards what it wrote since: an attempt is stale long after any
        // function has run out of time, so none is taken for dead and killed after it.
        if (staleAfter === 0) this.#killedAfter.delete('first');
        await this.#mend(lane, staleAfter);
      };
      const jobs = this.#random.oneIn(2) ? this.#jobs() : [...this.#jobs(), mend];
      if (jobs.length > 0) await this.#random.of(jobs)('second');
    }
  }

  #jobs(): Job[] {
    const jobs: Job[] = [...this.#unsent].map((wanted) => (lane) => this.#send(lane, wanted));
    const hasRecords = this.#carried < this.watch.stream.length;
    // A stream's records are in one function's hands at a time.
    if (hasRecords && !this.#isCarrying) jobs.push((lane) => this.#carry(lane));
    for (const consumer of consumers) {
      const { length } = this.queues.visible(consumer);
      // Two functions may be at work on one queue.
      for (let each = 0; each < Math.min(length, 2); each += 1)
        jobs.push((lane) => this.#consume(lane, consumer));
    }
    if (this.queues.unhandled.length > 0) jobs.push((lane) => this.#keep(lane));
    return jobs;
  }

  /** A function at work, which may be killed in the middle. @returns undefined if it was, or if it failed */
  async #invoke<T>(
    what: string,
    work: (lane: Lane) => Promise<T>,
    name: LaneName = 'first',
  ): Promise<{ result: T } | undefined> {
    const { gate, lanes } = this.#world;
    if (this.#seldom(7)) this.#killedAfter.set(name, this.#random.below(30));
    this.story.push(`-- ${what} begins in the ${name} lane`);
    gate.begin(name);
    try {
      const result = await work(lanes[name]);
      return this.#dead.has(name) ? undefined : { result };
    } catch (error) {
      this.story.push(`-- ${what} failed: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    } finally {
      gate.end(name);
      this.story.push(`-- ${what} ${this.#dead.has(name) ? 'was killed' : 'ends'}`);
      this.#dead.delete(name);
      this.#killedAfter.delete(name);
    }
  }

  async #send(lane: LaneName, wanted: Wanted): Promise<void> {
    const { event } = wanted;
    const publish = ({ dependencies }: Lane) =>
      publishEvents(dependencies, this.#workflow, { events: [event], requestId: event.id });
    const sent = await this.#invoke(`publish ${event.id}`, publish, lane);
    // Whoever was not answered sends it again; and sometimes who was.
    if (sent !== undefined && !this.#seldom(5)) this.#unsent.delete(wanted);
  }

  async #carry(lane: LaneName): Promise<void> {
    this.#isCarrying = true;
    const from = this.#carried;
    const batch = this.watch.stream.slice(from, from + 1 + this.#random.below(5));
    const what = `carry ${from} to ${from + batch.length}`;
    const ended = await this.#invoke(what, (each) => carry(each, batch), lane);
    this.#isCarrying = false;
    if (ended === undefined) return;
    const failed = batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === ended.result);
    const carried = failed < 0 ? batch.length : failed;
    // A stream's records come at least once: sometimes the last of them comes again.
    const again = carried > 0 && this.#seldom(6) ? 1 : 0;
    if (again > 0) this.tally.add('stream record twice');
    this.#carried = from + carried - again;
  }

  async #consume(lane: LaneName, consumer: (typeof consumers)[number]): Promise<void> {
    const batch = this.queues.receive(consumer, this.#random);
    if (batch.length === 0) return;
    const what = `${consumer} of ${batch.map(({ id }) => id).join(', ')}`;
    const ended = await this.#invoke(what, (each) => consume(each, consumer, batch), lane);
    if (ended === undefined) return;
    if (ended.result.length > 0) this.tally.add('message again');
    this.queues.settle(batch, ended.result, () => this.#seldom(8));
  }

  async #keep(lane: LaneName): Promise<void> {
    this.tally.add('fell out of a queue');
    const batch = this.queues.unhandled.slice(0, 1 + this.#random.below(3));
    const ended = await this.#invoke('keep-dead-letters', (each) => keep(each, batch), lane);
    if (ended === undefined) return;
    this.queues.unhandled = this.queues.unhandled.filter(
      (each) => !batch.includes(each) || ended.result.includes(each.id),
    );
  }

  async #mend(lane: LaneName, staleAfter = staleAfterSeconds): Promise<void> {
    const { organization } = this;
    const request = { organization, staleAfterSeconds: staleAfter, requestId: 'reconcile' };
    const work = ({ dependencies, carrying }: Lane) => reconcile({ ...dependencies, carrying }, request);
    await this.#invoke(`reconcile (${staleAfter} s)`, work, lane);
  }

  /** Whoever gets a certificate request must get one whose backup is proved. */
  async #lookForCsrs(): Promise<void> {
    for (const enrollment of this.watch.enrollments()) {
      const csr = await this.csrOf(enrollment);
      if (csr === undefined) continue;
      const now = this.watch.enrollments().find(({ id }) => id === enrollment.id);
      if (now?.state !== 'ready')
        this.watch.violations.push(`${enrollment.id}: a request left while ${now?.state}`);
    }
  }

  /** Without faults: functions do what there is to do, the reconciler runs, and the operator puts back what may succeed now. */
  async #settle(): Promise<void> {
    for (let round = 0; round < mostRounds; round += 1) {
      for (let jobs = this.#jobs(); jobs.length > 0; jobs = this.#jobs()) {
        await this.#random.of(jobs)('first');
        this.#raise();
      }
      if ((await this.#isSettled()) && round > 0) return;
      this.#advance(10 * minute);
      await this.#mend('first');
      for (const { id, code } of await this.deadLetters()) {
        if (!mayPass(code)) continue;
        this.tally.add('put back');
        await redriveDeadLetter(this.dependencies, this.#administrator, {
          deadLetterId: id,
          requestId: 'redrive',
        });
      }
      this.#raise();
    }
    this.watch.violations.push(`after ${mostRounds} rounds there is still something to do`);
    this.#raise();
  }

  async #isSettled(): Promise<boolean> {
    const isDone = this.watch.enrollments().every(({ state }) => state === 'ready' || state === 'refused');
    if (!isDone || this.queues.size > 0) return false;
    return (await this.deadLetters()).every(({ code }) => !mayPass(code));
  }

  /** Lets time pass until there is something to do again. */
  #awaitNext(): void {
    const next = this.queues.nextVisible();
    this.#advance(next === undefined ? 5_000 : next - this.#world.cloud.clock.now().getTime());
  }

  #advance(milliseconds: number): void {
    this.#world.cloud.clock.advance(milliseconds);
    this.story.push(`-- ${milliseconds / 1_000} s later`);
  }

  #killing(lane: LaneName): Fault | undefined {
    const left = this.#killedAfter.get(lane);
    if (left === undefined) return undefined;
    this.#killedAfter.set(lane, left - 1);
    if (left > 0) return undefined;
    this.#dead.add(lane);
    this.tally.add('killed');
    return { kind: this.#random.pick('cut', 'lose-answer') };
  }

  #decide(service: Passing['service']): Fault | undefined {
    return this.#isCalm ? undefined : this.#chance.decide(service);
  }

  #seldom(oneIn: number): boolean {
    return !this.#isCalm && this.#random.oneIn(oneIn);
  }

  /** @throws RangeError what must never be, once it is */
  #raise(): void {
    const { violations } = this.watch;
    if (violations.length > 0) throw new RangeError(violations.join('\n'));
  }
}

/** What nobody could even put away may succeed too. */
function mayPass(code: ErrorCode): boolean {
  return errorTable[code].retry || code === 'internal';
}

function told(fault: Fault): string {
  return fault.kind === 'refuse' ? fault.type : fault.kind;
}
