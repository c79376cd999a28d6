import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { subscriptions } from '#contract/subscriptions.ts';

/** What the source of every event on the bus is. */
export const eventSourceName = 'enrollment-key-escrow';

/** What an organization's workflow puts on the bus itself. */
export const requestEvent = 'EnrollmentRequested';

/** Carries every event from where it happens to who is set to work by it. */
export class EscrowBus extends EventBus {
  /** @param archiveDays how long what happened can be replayed */
  constructor(scope: Construct, id: string, archiveDays: number) {
    super(scope, id, { description: 'Enrollment key escrow: what happened, and what is asked for' });
    // What happened, which holds references only. A request holds a person's name and address, and is kept nowhere but in its
    // enrollment.
    this.archive('Archive', {
      description: 'Enrollment key escrow: what happened',
      eventPattern: { source: [eventSourceName], detailType: [...subscriptions['fan-out-webhooks'].types] },
      retention: Duration.days(archiveDays),
    });
  }
}
