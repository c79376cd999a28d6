import { openEventBridge } from '#adapters/eventbridge/client.ts';
import { EventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { environmentNames } from '#contract/environment.ts';
import type { EventBus, EventPublisher } from '#ports/messages.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What puts events before their consumers. @throws SetUpError `not-set-up` */
export function openBus({ environment }: Pick<Opening, 'environment'>): EventBus & EventPublisher {
  return new EventBridgeBus(openEventBridge(), given(environment, environmentNames.eventBus));
}
