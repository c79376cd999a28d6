import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { identityPath } from '#contract/api/accounts.ts';
import { Api } from '#runtime/http/api.ts';
import type { Logger } from '#runtime/log.ts';
import { RateLimiter } from '#runtime/rate-limit.ts';
import { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import type { Tracing } from '#runtime/tracing.ts';
import { dailyChecks } from '../daily-checks.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { reconcileAll } from '../reconcile-all.ts';
import { Schedule } from '../schedule.ts';
import { type SealingParts, sealAll } from '../sealing.ts';
import type { Service } from '../service.ts';
import type { Witness } from '../witness.ts';
import { endpointsOf } from './endpoints.ts';
import { createGateway } from './gateway.ts';
import type { HttpServer } from './http-server.ts';
import type { WhoAsks } from './who-asks.ts';

/** How long the end waits for what is in hand, in milliseconds: longer than a key pair takes to be made and proved. */
const patience = 20_000;
const reconcileSeconds = 300;
const sweepSeconds = 86_400;
const sealSeconds = 60;
/** No key waits as long as that for its name, in milliseconds. */
const namelessFor = 3_600_000;

const openApiFile = new URL('../../docs/openapi.json', import.meta.url);

export interface RunningParts {
  http: HttpServer;
  service: Service;
  whoAsks: WhoAsks;
  tracing: Tracing;
  log: Logger;
  canaries: boolean;
  /** Where checkpoints of the ledger are appended besides. */
  witness?: Witness;
}

/** Everything at work. */
export interface Running {
  /** Answers requests. */
  listener: RequestListener;
  /**
   * Takes nothing new, finishes what is in hand within 20 seconds, and lets go of the data folder.
   * @returns whether all was finished; what was not goes on at the next start
   */
  stop(): Promise<boolean>;
}

/** Sets the events and the clock to work, and makes what answers requests. */
export async function run(parts: RunningParts): Promise<Running> {
  const { service, whoAsks, log } = parts;
  const stopping = new AbortController();
  const gateway = createGateway({ api: await apiOf(parts), stopping: stopping.signal });
  const schedules = [reconciling(service, log), sweeping(service, log), sealing(parts), ...checking(parts)];
  for (const schedule of schedules) schedule.start();
  return {
    listener: answering(gateway, whoAsks, service.dispatcher),
    async stop() {
      log.info('stopping', { count: parts.http.inFlight() + service.dispatcher.inHand });
      stopping.abort();
      whoAsks.builtIn?.close();
      return await end(parts, schedules);
    },
  };
}

async function apiOf({ http, service: { dependencies }, whoAsks, tracing, log }: RunningParts): Promise<Api> {
  const { clock, ledger, idempotencyKeys } = dependencies;
  const openApi = JSON.parse(await readFile(openApiFile, 'utf8'));
  const resource = http.url;
  return new Api({
    resource,
    endpoints: endpointsOf(dependencies, { issuer: whoAsks.issuer, resource, openApi }),
    tokens: whoAsks.tokens,
    refusedTokens: new RefusedTokens({ ledger, clock }),
    limits: new RateLimiter(clock),
    ...{ idempotencyKeys, ledger, clock, log, tracing },
  });
}

/**
 * Mends what crashes left, and only then sets the events to work: a message whose maker died would find the attempt still standing, be
 * done with, and leave its key pair to be waited for.
 */
function reconciling({ dependencies, dispatcher }: Service, log: Logger): Schedule {
  // What was under way in this data folder before now was another process's, which is gone.
  const openedAt = dependencies.clock.now();
  let isStarted = false;
  return new Schedule({
    everySeconds: reconcileSeconds,
    async work() {
      try {
        await reconcileAll(dependencies, openedAt, log);
      } finally {
        if (isStarted) dispatcher.nudge();
        else dispatcher.start();
        isStarted = true;
      }
    },
    onFailure: (error) => log.warn('schedule-failed', {}, error),
  });
}

/** A checkpoint a minute, while there is anything new. */
function sealing(parts: RunningParts): Schedule {
  return new Schedule({
    everySeconds: sealSeconds,
    async work() {
      if ((await sealAll(sealingParts(parts))) > 0) parts.service.dispatcher.nudge();
    },
    onFailure: (error) => parts.log.warn('schedule-failed', {}, error),
  });
}

function sealingParts({ service: { dependencies }, log, witness }: RunningParts): SealingParts {
  return { dependencies, log, ...(witness !== undefined && { witness }) };
}

function checking({ service: { dependencies, dispatcher }, log, canaries }: RunningParts): Schedule[] {
  return dailyChecks({ dependencies, nudge: () => dispatcher.nudge(), log, canaries });
}

/** What custody may hold without a name is looked for when the service starts, and once a day. */
function sweeping({ dependencies: { keys, clock } }: Service, log: Logger): Schedule {
  return new Schedule({
    everySeconds: sweepSeconds,
    async work() {
      const count = await keys.sweep?.(new Date(clock.now().getTime() - namelessFor));
      if (count !== undefined && count > 0) log.info('swept', { count });
    },
    onFailure: (error) => log.warn('schedule-failed', {}, error),
  });
}

function answering(gateway: RequestListener, { builtIn }: WhoAsks, dispatcher: Dispatcher): RequestListener {
  return (request, response) => {
    // Whatever changes something may have borne events.
    if (request.method !== 'GET') response.once('close', () => dispatcher.nudge());
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const isOfIdentity = path === identityPath || path.startsWith(`${identityPath}/`);
    const listener = isOfIdentity && builtIn !== undefined ? builtIn.handle : gateway;
    listener(request, response);
  };
}

async function end(parts: RunningParts, schedules: Schedule[]): Promise<boolean> {
  const { http, service, tracing, log } = parts;
  const endings = [
    http.close(patience),
    service.dispatcher.stop(patience),
    ...schedules.map((schedule) => schedule.stop(patience)),
  ];
  const isFinished = (await Promise.all(endings)).every((ended) => ended);
  await tracing.shutdown();
  if (isFinished) {
    // Nothing is recorded any more. The events of these last checkpoints are carried at the next start.
    await sealAll(sealingParts(parts)).catch((error) => log.warn('schedule-failed', {}, error));
    await service.close();
    log.info('stopped');
  } else {
    // What still runs needs the stores and the keys: they end with the process, which they are made for.
    log.warn('stop-timed-out');
  }
  return isFinished;
}
