import type { RequestListener } from 'node:http';
import type { StatementKeys } from '#crypto/signed-statement.ts';
import { withoutCanary } from '#domain/canary.ts';
import type { PolicyFailure } from '#ports/policy.ts';
import type { Logger } from '#runtime/log.ts';
import { tellPolicyFailed } from '#runtime/log-policy.ts';
import { openTracing } from '#runtime/telemetry.ts';
import type { Tracing } from '#runtime/tracing.ts';
import { adoptReceiptKey, checkReceiptKey } from '#steps/adopt-receipt-key.ts';
import { recorded } from '#steps/record.ts';
import { version } from '../build.ts';
import type { Delivery } from '../dispatcher.ts';
import { keyChoiceOf, keyPlace } from '../open-keys.ts';
import { openService, type Service, type ServiceSettings } from '../service.ts';
import { type Checked, tellChecked } from '../tell-checked.ts';
import { Witness } from '../witness.ts';
import type { ServerArguments } from './arguments.ts';
import type { Started } from './first-steps.ts';
import { openHttpServer } from './http-server.ts';
import { readRetiredKeys } from './retired-keys.ts';
import { type Running, run } from './run.ts';
import { openWhoAsks, type WhoAsks } from './who-asks.ts';

/** A service that answers over HTTP and works on its events. */
export interface OpenServer extends Pick<Running, 'stop'> {
  started: Started;
}

/**
 * Opens the service over its data folder and serves it on this machine.
 * @throws SetUpError `usage` if the port is taken, or an option names what is not there; `data-folder-in-use`; `not-set-up` if
 *   the folder's keys are in another custody; ProviderError `key-not-found` if they are gone; and as `openService`, `openWhoAsks` and `openTracing` do
 */
export async function openServer(settings: ServerArguments, log: Logger): Promise<OpenServer> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const tracing = await openTracing({ log, version });
    closers.push(() => tracing.shutdown());
    // The port comes first, since the built-in issuer is named by it; a request that is faster than the rest waits for it.
    const ready = Promise.withResolvers<RequestListener>();
    const http = await openHttpServer(settings.port, (request, response) => {
      void ready.promise.then((listener) => listener(request, response));
    });
    closers.push(() => http.close(0));
    const lacks: string[] = [];
    const onLack = (lack: string) => lacks.push(lack);
    const retired = await readRetiredKeys(settings.retiredKeys);
    const service = await openService({ ...serviceSettings(settings, log, tracing, retired), onLack });
    closers.push(() => service.close());
    const organizations = await organizationsOf(service);
    const { dependencies } = service;
    const witness = settings.witness === undefined ? {} : { witness: await Witness.open(settings.witness) };
    const whoAsks = await openWhoAsks({ settings, organizations, url: http.url, dependencies, log });
    const { listener, stop } = await run({
      http,
      service,
      whoAsks,
      tracing,
      log,
      canaries: settings.canaries,
      ...witness,
    });
    ready.resolve(listener);
    return { started: { ...startedOf(settings, http.url, whoAsks, organizations), lacks }, stop };
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

function serviceSettings(
  settings: ServerArguments,
  log: Logger,
  tracing: Tracing,
  retiredReceiptKeys: StatementKeys['keys'],
): ServiceSettings {
  const { data, webhookAllow } = settings;
  const onDelivery = (delivery: Delivery, error?: unknown) => {
    if (delivery.outcome !== 'done') log.warn('delivery', delivery, error);
    // Each event is looked at for webhooks; what is sent to one is a delivery of its own.
    else if (delivery.consumer !== 'fan-out-webhooks') log.info('delivery', delivery);
  };
  const onChecked = (checked: Checked) => tellChecked(log, checked);
  const onPolicyFailed = (failure: PolicyFailure) => tellPolicyFailed(log, failure);
  const onTrouble = (error: unknown) => log.warn('store-unavailable', {}, error);
  return {
    folder: data,
    ...keyChoiceOf(settings),
    retiredReceiptKeys,
    webhooks: { allowedTargets: webhookAllow },
    tracing,
    onDelivery,
    onTrouble,
    onChecked,
    onPolicyFailed,
  };
}

/**
 * The organizations that the data folder holds, but for the service's own.
 * @throws SetUpError `not-set-up` if their keys are in another custody; ProviderError `key-not-found` if others are there
 */
async function organizationsOf({ dependencies }: Service): Promise<string[]> {
  const { registry, keys } = dependencies;
  const organizations = await registry.organizations();
  const { kid } = await keys.receiptKey();
  for (const each of organizations) {
    const existing = await registry.read('organization', each, 'organization');
    // With other keys of the same kind nothing would open: each right password would count as a wrong one.
    if (existing === undefined || existing.receiptKeyId === kid) continue;
    // With the keys of another service nothing is written, not even that they were refused.
    await checkReceiptKey(dependencies, existing);
    const act = { action: 'replace-receipt-key', organization: each, principal: 'service' };
    await recorded(dependencies, act, (recordNow) => adoptReceiptKey(dependencies, existing, recordNow));
  }
  return withoutCanary(organizations);
}

function startedOf(
  settings: ServerArguments,
  url: string,
  { issuer, builtIn }: WhoAsks,
  organizations: readonly string[],
): Omit<Started, 'lacks'> {
  const { data } = settings;
  const keys = keyPlace(settings, process.env);
  if (builtIn === undefined) return { url, data, keys, issuer, isSetUp: organizations.length > 0 };
  const { organization, setUpCodePath } = builtIn;
  const isSetUp = organizations.includes(organization);
  return {
    url,
    data,
    keys,
    issuer,
    organization,
    isSetUp,
    ...(setUpCodePath !== undefined && { setUpCodePath }),
  };
}
