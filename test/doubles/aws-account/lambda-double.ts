import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { onLoopback } from '../loopback.ts';
import type { Outcome } from '../runtime-api/runtime-api.ts';

export interface LambdaDouble {
  endpoint: string;
  close(): Promise<void>;
}

/**
 * A stand-in for AWS Lambda's API on loopback: Invoke, with an answer that is waited for (API reference, Invoke).
 * @param invoke has a function work on an event; undefined if there is no such function
 */
export async function startLambdaDouble(
  invoke: (name: string, event: unknown) => Promise<Outcome> | undefined,
): Promise<LambdaDouble> {
  const server = createServer(async (request, response) => {
    const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? [];
    const outcome = await invoke(decodeURIComponent(name), await json(request));
    if (outcome === undefined) {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}');
      return;
    }
    const failed = outcome.ok ? {} : { 'x-amz-function-error': 'Unhandled' };
    response.writeHead(200, { 'content-type': 'application/json', ...failed });
    response.end(JSON.stringify(outcome.ok ? outcome.payload : outcome.failure));
  });
  return await onLoopback(server);
}
