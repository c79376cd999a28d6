/**
 * What a bill depends on and no stand-in can tell. Each is chosen so that the price comes out rather too high.
 */
export const assumptions = {
  /** A core of AWS Lambda (arm64) takes so many times as long as one of this machine. */
  slowerCore: 1.5,
  /** How long a function waits for the answer to one call, in milliseconds, by service. Calls count as made one after the other. */
  waitMilliseconds: { dynamodb: 6, s3: 40, kms: 12, eventbridge: 25, sns: 25, lambda: 20 },
  /** One invocation in so many is the first of its environment, and pays for its start. */
  invocationsPerStart: 100,
  /** Messages that a poller finds at a time. More of them cost less. */
  messagesPerBatch: 1,
  /** Records of the table's stream that a function is handed at a time. More of them cost less. */
  recordsPerBatch: 1,
  /** Enrollments that come in one minute: their entries in the ledger are sealed together. More of them cost less. */
  enrollmentsPerSegment: 10,
  /** Share of the invocations that AWS X-Ray records: its default, but for the first of each second. */
  tracedShare: 0.05,
  /** What AWS Lambda itself logs of one invocation, in bytes: its lines START, END and REPORT. */
  platformLogBytes: 350,
  /** What API Gateway logs of one request, in bytes. */
  accessLogBytes: 400,
  /** Pollers that wait at each queue, whether or not there is anything in it. */
  pollersPerQueue: 5,
  /** Metrics of our own that are counted somewhere in a month: each by each function that counts it. */
  ownMetrics: 25,
  /** Metrics of each route, where API Gateway counts routes by themselves. */
  metricsPerRoute: 6,
} as const;

/** A service that functions call. */
export type CalledService = keyof typeof assumptions.waitMilliseconds;

/** Megabytes that come with a whole core (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const coreMegabytes = 1_769;

/** What one invocation was seen to take here. */
export interface Invoked {
  memoryMegabytes: number;
  /** Time of the processor, in milliseconds. */
  processorMilliseconds: number;
  /** What it waited for, in milliseconds, as assumed. */
  waitingMilliseconds: number;
}

/**
 * How long an invocation would be billed for: what it computes on its share of a core, and what it waits for. Work that runs side
 * by side here counts as done one after the other, since a function of that size has one core at most.
 */
export function billedMilliseconds({
  memoryMegabytes,
  processorMilliseconds,
  waitingMilliseconds,
}: Invoked): number {
  const share = Math.min(1, memoryMegabytes / coreMegabytes);
  return Math.ceil((processorMilliseconds * assumptions.slowerCore) / share + waitingMilliseconds);
}

/** The same as the bill has it. */
export function gigabyteSeconds(invoked: Invoked): number {
  return (billedMilliseconds(invoked) / 1_000) * (invoked.memoryMegabytes / 1_024);
}
