import * as v from 'valibot';
import type { FunctionName } from '#contract/functions.ts';
import { consumers, deadQueueOf } from '#test/doubles/aws-account/aws-account.ts';
import type { QueueSource, WorkWiring } from '#test/doubles/aws-account/work-wiring.ts';
import type { EventPattern } from '#test/doubles/eventbridge/rules.ts';
import { functionNames, Parties } from './claims/parties.ts';
import type { Configuration } from './synthesis.ts';

const mapping = v.object({
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  BatchSize: v.number(),
  FunctionResponseTypes: v.optional(v.array(v.string()), []),
});
const pattern: v.GenericSchema<unknown, EventPattern> = v.record(
  v.string(),
  v.union([v.array(v.unknown()), v.lazy(() => pattern)]),
);
const rule = v.object({
  EventPattern: v.optional(pattern),
  ScheduleExpression: v.optional(v.string()),
  Targets: v.tuple([v.object({ Arn: v.string(), InputPath: v.optional(v.string()) })]),
});
const queue = v.object({
  RedrivePolicy: v.optional(v.object({ deadLetterTargetArn: v.string() })),
});

/**
 * Reads from synthesized templates what sets which function to work: event source mappings, rules, queues.
 * @throws Error if they name what is neither a function, nor a queue of a consumer
 */
export function workWiringOf(made: Configuration): WorkWiring {
  const { deployed } = made;
  const names = namesIn(new Parties(() => made));
  const mappings = deployed
    .all('AWS::Lambda::EventSourceMapping')
    .map(({ Properties }) => v.parse(mapping, Properties));
  const rules = deployed.all('AWS::Events::Rule').map(({ Properties }) => v.parse(rule, Properties));
  const ofStreams = mappings.flatMap((each) => {
    const table = names.streams.get(each.EventSourceArn);
    return table === undefined ? [] : [[table, sourceOf(names, each)] as const];
  });
  return {
    streams: Object.fromEntries(ofStreams),
    sources: mappings
      .filter(({ EventSourceArn }) => !names.streams.has(EventSourceArn))
      .map((each) => ({ ...sourceOf(names, each), queue: names.queue(each.EventSourceArn) })),
    rules: rules.flatMap(({ EventPattern: wanted, Targets: [{ Arn, InputPath }] }) => {
      if (wanted === undefined) return [];
      if (InputPath !== '$.detail') throw new Error(`${Arn} is given more than the event`);
      return [{ pattern: wanted, queue: names.queue(Arn) }];
    }),
    deadQueues: Object.fromEntries(
      names.queues.flatMap(([arn, name]) => {
        const { Properties } = deployed.all('AWS::SQS::Queue').find(({ id }) => arn.endsWith(id)) ?? {};
        const target = v.parse(queue, Properties).RedrivePolicy?.deadLetterTargetArn;
        return target === undefined ? [] : [[name, names.queue(target)]];
      }),
    ),
    scheduled: rules.flatMap(({ ScheduleExpression, Targets: [{ Arn }] }) =>
      ScheduleExpression === undefined ? [] : [names.lambda(Arn)],
    ),
  };
}

const followed = ['aggregates', 'ledger'] as const;

type Names = ReturnType<typeof namesIn>;

function sourceOf(
  names: Names,
  { FunctionName, BatchSize, FunctionResponseTypes }: v.InferOutput<typeof mapping>,
) {
  return {
    name: names.lambda(FunctionName),
    batchSize: BatchSize,
    reportsFailures: FunctionResponseTypes.includes('ReportBatchItemFailures'),
  } satisfies Omit<QueueSource, 'queue'>;
}

/** What the stand-ins call what templates name by ARN, or by what CloudFormation's `Ref` gives. */
function namesIn(parties: Parties) {
  const idOf = (reference: string) => /[^:-]+$/.exec(reference)?.[0] ?? '';
  const queues = consumers.flatMap((each): [arn: string, name: string][] => [
    [parties.queue(each), each],
    [parties.queue(each, 'DeadLetters'), deadQueueOf(each)],
  ]);
  const byArn = new Map(queues);
  const byId = new Map<string, FunctionName>(functionNames.map((name) => [idOf(parties.lambda(name)), name]));
  return {
    streams: new Map(followed.map((table) => [parties.stream(table), table] as const)),
    queues,
    queue: (arn: string) => byArn.get(arn) ?? missing(arn),
    lambda: (reference: string) => byId.get(idOf(reference)) ?? missing(reference),
  };
}

function missing(named: string): never {
  throw new Error(`${named} is neither a function, nor a queue of a consumer`);
}
