import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { environmentNames } from '#contract/environment.ts';
import type { ReplaceCondition } from '#domain/enrollment.ts';
import type { Aggregate, Registry } from '#ports/registry.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** Changes nothing for an invocation whose time was up. */
class TimedRegistry extends DynamoRegistry {
  override async create(record: Aggregate): Promise<void> {
    requireTime();
    await super.create(record);
  }

  override async replace(record: Aggregate, condition: ReplaceCondition): Promise<void> {
    requireTime();
    await super.replace(record, condition);
  }
}

/** The aggregates. @throws SetUpError `not-set-up` */
export function openRegistry({ environment, dynamoDb, clock }: Opening): Registry {
  return new TimedRegistry(dynamoDb, given(environment, environmentNames.aggregatesTable), clock);
}
