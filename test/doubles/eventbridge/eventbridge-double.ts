import { AwsError } from '../aws-json/aws-error.ts';
import { Faults } from '../aws-json/faults.ts';
import type { Input } from '../aws-json/input.ts';
import { serveAwsJson } from '../aws-json/server.ts';
import { type ManagedRules, manage, rulesOf, type SendTo } from './management.ts';
import { type BusEvent, matches, type Rule } from './rules.ts';

export interface EventBridgeDouble {
  endpoint: string;
  /** The variables that lead the AWS SDK here. */
  environment: Readonly<Record<string, string>>;
  /** The bus that is there from the start. Events for one that is not there are dropped, as EventBridge does. */
  busName: string;
  managed: ManagedRules;
  rules: Rule[];
  /** What goes wrong with whole requests. */
  faults: Faults;
  /** The code that an entry fails with; it is taken if none. A test sets it. */
  failEntry: (event: BusEvent) => string | undefined;
  /** How an event goes to a target; a test may deliver twice, or later. At once if it does not say. */
  deliver: (send: () => unknown) => unknown;
  /** The number of entries of each request that was not refused. */
  requests: number[];
  /** What was taken, in order. */
  taken: BusEvent[];
  close(): Promise<void>;
}

export interface EventBridgeSettings {
  rules?: Rule[];
  /** What the entries of a request may weigh together, in bytes; 1 MB if not given. */
  mostBytes?: number;
  /** Sends to targets of rules that are made over the wire. */
  sendTo?: SendTo;
}

const mostEntries = 10;

/**
 * A stand-in for Amazon EventBridge on loopback: PutEvents with its limits (API reference and User Guide), entries that fail by
 * themselves, and rules that hand events on.
 */
export async function startEventBridgeDouble(settings: EventBridgeSettings = {}): Promise<EventBridgeDouble> {
  const { rules = [], mostBytes = 1_024 * 1_024, sendTo = () => undefined } = settings;
  const faults = new Faults();
  const state: State & Pick<EventBridgeDouble, 'faults' | 'requests'> = {
    busName: 'escrow-test',
    managed: { buses: new Set(), rules: new Map() },
    sendTo,
    rules,
    faults,
    failEntry: () => undefined,
    deliver: (send) => send(),
    requests: [],
    taken: [],
  };
  const operate = async (operation: string, input: Input): Promise<object> => {
    const managed = manage(operation, input, state.managed);
    if (managed !== undefined) return managed;
    if (operation !== 'PutEvents') throw new AwsError('UnknownOperationException');
    const entries = input.list('Entries');
    if (entries.length < 1 || entries.length > mostEntries)
      throw new AwsError('ValidationException', 'Entries');
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    if (bytes >= mostBytes) {
      throw new AwsError(
        'ValidationException',
        'Total size of the entries in the request is over the limit.',
      );
    }
    state.requests.push(entries.length);
    const results: Result[] = [];
    for (const entry of entries) results.push(await put(state, entry));
    return { FailedEntryCount: results.filter((each) => 'ErrorCode' in each).length, Entries: results };
  };
  const service = { target: 'AWSEvents', signingName: 'events', faults, operate };
  // What an entry weighs is told by its content; the JSON around it weighs more.
  const server = await serveAwsJson({ ...service, mostBytes: 4 * mostBytes });
  const environment = {
    AWS_ENDPOINT_URL_EVENTBRIDGE: server.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  return Object.assign(state, { endpoint: server.endpoint, environment, close: server.close });
}

type State = Pick<EventBridgeDouble, 'busName' | 'managed' | 'rules' | 'failEntry' | 'deliver' | 'taken'> & {
  sendTo: SendTo;
};

type Result = { EventId: string } | { ErrorCode: string };

async function put(state: State, entry: Input): Promise<Result> {
  for (const name of ['Source', 'DetailType', 'Detail']) {
    if (!entry.has(name)) return { ErrorCode: 'InvalidArgument' };
  }
  const detail = asObject(entry.text('Detail', { max: 2 ** 21 }));
  if (detail === undefined) return { ErrorCode: 'MalformedDetail' };
  const event = { source: entry.text('Source'), 'detail-type': entry.text('DetailType'), detail };
  const failure = state.failEntry(event);
  if (failure !== undefined) return { ErrorCode: failure };
  const bus = entry.textOr('EventBusName', 'default');
  if (bus === state.busName) state.taken.push(event);
  const rules = bus === state.busName ? state.rules : rulesOf(bus, state.managed, state.sendTo);
  for (const rule of rules.filter(({ pattern }) => matches(pattern, event))) {
    await state.deliver(() => rule.target(JSON.stringify(detail)));
  }
  return { EventId: crypto.randomUUID() };
}

/** As the User Guide counts it ("Calculating PutEvents event entry size"). */
function entryBytes(entry: Input): number {
  const texts = ['Source', 'DetailType', 'Detail'].map((name) =>
    entry.has(name) ? entry.text(name, { max: 2 ** 21 }) : '',
  );
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), entry.has('Time') ? 14 : 0);
}

function asObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
