import { AwsError } from '../aws-json/aws-error.ts';
import type { Input } from '../aws-json/input.ts';
import type { EventPattern, Rule } from './rules.ts';

/** Rules that are made over the wire: each has targets, which are named by ARN. */
export interface ManagedRules {
  /** Names of buses. */
  buses: Set<string>;
  rules: Map<string, { pattern: EventPattern; targets: Map<string, string> }>;
}

export type SendTo = (arn: string, detail: string) => unknown;

const arnOf = (kind: string, name: string) => `arn:aws:events:eu-central-1:111122223333:${kind}/${name}`;

/** Does an operation that makes or removes a bus, a rule or its targets; undefined for any other operation. */
export function manage(operation: string, input: Input, { buses, rules }: ManagedRules): object | undefined {
  const busOf = () => known(input.text('EventBusName'), buses);
  const ruleName = (field: string) => `${busOf()}/${input.text(field)}`;
  const operations: Readonly<Record<string, () => object>> = {
    CreateEventBus: () => {
      const name = input.text('Name');
      if (buses.has(name)) throw new AwsError('ResourceAlreadyExistsException');
      buses.add(name);
      return { EventBusArn: arnOf('event-bus', name) };
    },
    DeleteEventBus: () => {
      const name = input.text('Name');
      if ([...rules.keys()].some((rule) => rule.startsWith(`${name}/`))) {
        throw new AwsError('ValidationException', "Event bus can't be deleted since it has rules.");
      }
      buses.delete(name);
      return {};
    },
    PutRule: () => {
      const pattern = JSON.parse(input.text('EventPattern'));
      const name = ruleName('Name');
      rules.set(name, { pattern, targets: rules.get(name)?.targets ?? new Map() });
      return { RuleArn: arnOf('rule', name) };
    },
    PutTargets: () => {
      const rule = rules.get(ruleName('Rule'));
      if (rule === undefined) throw new AwsError('ResourceNotFoundException');
      for (const target of input.list('Targets')) {
        if (target.text('InputPath') !== '$.detail') throw new AwsError('ValidationException');
        rule.targets.set(target.text('Id'), target.text('Arn'));
      }
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    RemoveTargets: () => {
      rules.get(ruleName('Rule'))?.targets.clear();
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    DeleteRule: () => {
      const name = ruleName('Name');
      if ((rules.get(name)?.targets.size ?? 0) > 0) {
        throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
      }
      rules.delete(name);
      return {};
    },
  };
  return Object.hasOwn(operations, operation) ? operations[operation]?.() : undefined;
}

/** The rules of a bus, as those that a test makes itself. */
export function rulesOf(bus: string, { rules }: ManagedRules, sendTo: SendTo): Rule[] {
  return [...rules]
    .filter(([name]) => name.startsWith(`${bus}/`))
    .flatMap(([, { pattern, targets }]) =>
      [...targets.values()].map((arn) => ({ pattern, target: (detail: string) => sendTo(arn, detail) })),
    );
}

function known(name: string, buses: ReadonlySet<string>): string {
  if (buses.has(name)) return name;
  throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
}
