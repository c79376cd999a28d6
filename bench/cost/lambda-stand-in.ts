import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

export interface LambdaStandIn {
  endpoint: string;
  close(): Promise<void>;
}

/** A stand-in for AWS Lambda on loopback: Invoke, for a function that waits for another. */
export async function startLambdaStandIn(
  invoke: (functionName: string, event: unknown) => Promise<unknown>,
): Promise<LambdaStandIn> {
  const server = createServer(async (request, response) => {
    const [, name = ''] = /\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? [];
    try {
      const payload = await invoke(decodeURIComponent(name), await json(request));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(payload));
    } catch (error) {
      response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end(JSON.stringify(String(error)));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { endpoint: `http://127.0.0.1:${address.port}`, close };
}
