import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { clientSettings, neverInClear } from '../aws/client.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import type { StoreService } from '../aws/store-errors.ts';

/** What the errors of Amazon EventBridge mean (API reference, PutEvents). */
const eventBridge: StoreService = {
  name: 'Amazon EventBridge',
  page: 'docs/deploy.md',
  meanings: {
    InternalException: {
      code: 'store-unavailable',
      effect: 'unknown',
      why: 'Amazon EventBridge failed inside',
    },
    OperationDisabledException: {
      code: 'store-misconfigured',
      effect: 'final',
      why: 'Amazon EventBridge is switched off in this region',
    },
  },
};

/** Calls to Amazon EventBridge where the environment leads (AWS_REGION, AWS_ENDPOINT_URL_EVENTBRIDGE). */
export function openEventBridge(settings: StoreCallSettings = {}): StoreCalls<EventBridgeClient> {
  return new StoreCalls(neverInClear(new EventBridgeClient(clientSettings)), eventBridge, settings);
}
