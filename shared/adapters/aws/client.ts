import type { MiddlewareStack } from '@smithy/types';
import { refusePlainHttp } from './plain-http.ts';

/** More than the SDK's 50, beyond which it warns on the console of requests that wait. */
const sockets = { maxSockets: 256, keepAlive: true };

/**
 * How every client of ours is made that repeats by itself (`repeated-calls.ts`), so the SDK must not. Region, endpoint and
 * credentials are what the environment tells the SDK (AWS_REGION, AWS_ENDPOINT_URL, profiles, roles), and never settings of ours.
 */
export const clientSettings = {
  maxAttempts: 1,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 3_000, httpAgent: sockets, httpsAgent: sockets },
} as const;

/**
 * Has a client refuse to send anything to another machine without encryption.
 * @returns the same client
 */
export function neverInClear<
  Input extends object,
  Output extends object,
  Client extends Stacked<Input, Output>,
>(client: Client & Stacked<Input, Output>): Client {
  client.middlewareStack.add(
    (next) => (args) => {
      refusePlainHttp(args.request);
      return next(args);
    },
    { step: 'build' },
  );
  return client;
}

interface Stacked<Input extends object, Output extends object> {
  middlewareStack: MiddlewareStack<Input, Output>;
}
