import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A span as OTLP/JSON has it, as far as tests look at it. */
export interface SentSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

/** A collector on this machine that keeps what exporters send. */
export interface Collector {
  url: string;
  /** The bodies that came, as they came. */
  bodies: string[];
  /** Requests that it has not answered. */
  unanswered(): number;
  spans(): SentSpan[];
  /** Attributes of the resource that spans were of. */
  resource(): Record<string, unknown>;
  close(): Promise<void>;
}

/** @param answer how it answers; it keeps the body in any case */
export async function startCollector(
  answer: (response: ServerResponse) => void = (response) => void response.end('{}'),
): Promise<Collector> {
  const bodies: string[] = [];
  let unanswered = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    unanswered += 1;
    response.once('close', () => (unanswered -= 1));
    void text(request).then((body) => {
      bodies.push(body);
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const resources = () => bodies.flatMap((body) => JSON.parse(body).resourceSpans);
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    unanswered: () => unanswered,
    spans: () =>
      resources().flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }: { spans: SentSpan[] }) => spans),
      ),
    resource: () => attributesOf(resources()[0]?.resource),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Attributes by name, each as the one value that OTLP/JSON wraps. */
export function attributesOf({ attributes }: Pick<SentSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
