import * as v from 'valibot';

/** What a function's process is told. */
export interface FunctionRequest {
  id: string;
  event: unknown;
  /** How long it may take. */
  milliseconds: number;
}

/** What it tells: that it can be invoked, what it made of an event, or how it failed; with the processor's time. */
export const functionReplySchema = v.union([
  v.object({ started: v.number() }),
  v.object({ id: v.string(), failure: v.string(), processorMilliseconds: v.number() }),
  v.object({ id: v.string(), payload: v.optional(v.unknown()), processorMilliseconds: v.number() }),
]);
export type FunctionReply = v.InferOutput<typeof functionReplySchema>;
