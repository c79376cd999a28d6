import { Agent, request } from 'node:http';

/** What a load of requests showed. */
export interface Load {
  perSecond: number;
  /** Of each request, in milliseconds. */
  durations: number[];
}

export interface Aim {
  port: number;
  /** The path of each request, by its number. */
  path(index: number): string;
  /** Callers who take turns. */
  tokens: readonly string[];
}

/** Requests under way at the same time. */
const concurrency = 16;

/** Sends so many GET requests over connections that are kept, and waits for each whole answer. */
export async function load(aim: Aim, count: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const durations: number[] = [];
  let next = 0;
  const one = async () => {
    for (let index = next++; index < count; index = next++) {
      const started = performance.now();
      await get(agent, aim, index);
      durations.push(performance.now() - started);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, one));
  const seconds = (performance.now() - started) / 1_000;
  agent.destroy();
  return { perSecond: count / seconds, durations };
}

function get(agent: Agent, { port, path, tokens }: Aim, index: number): Promise<void> {
  const authorization = `Bearer ${tokens[index % tokens.length]}`;
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, host: '127.0.0.1', port, path: path(index), headers: { authorization } },
      (response) => {
        if (response.statusCode !== 200)
          reject(new Error(`${path(index)} was answered ${response.statusCode}`));
        response.on('error', reject).on('end', resolve).resume();
      },
    );
    sent.on('error', reject).end();
  });
}
