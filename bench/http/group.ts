import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEnrolling } from '../e2e/enrolling.ts';
import { compare, measure, quantile } from '../measure.ts';
import type { Group, Report } from '../result.ts';
import { enrollOverHttp } from './enroll.ts';
import { audience, openIssuer } from './issuer.ts';
import { type Aim, load } from './load.ts';
import { startServer } from './processes.ts';
import { organization, seed } from './seed.ts';

const enrollments = 100_000;
const runs = 15;
/** Enough that none of them meets its rate limit. */
const callers = 400;
const requestsPerRun = 2_000;

/** Requests over HTTP to the one-machine server as a process of its own, over 100,000 enrollments. */
export const http: Group = async (report) => {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  const issuer = await openIssuer(organization);
  report.message(`http: filling a data folder with ${enrollments} enrollments`);
  const ids = await seed(folder, enrollments);
  const server = await startServer('local/server/main.ts', (port) => [
    ...['--data', folder, '--port', String(port), '--keys', 'software'],
    ...['--issuer', issuer.issuer, '--audience', audience],
  ]);
  try {
    const tokens = await issuer.tokens(callers, 'auditor');
    const at = (index: number) => ids[(index * 7_919) % ids.length] ?? '';
    await reading(report, 'show', {
      port: server.port,
      tokens,
      path: (index) => `/v1/enrollments/${at(index)}`,
    });
    const path = (index: number) =>
      `/v1/enrollments?limit=50&state=awaiting-subscriber${index % 2 === 0 ? '' : '&purpose=encryption'}`;
    await reading(report, 'list', { port: server.port, tokens, path });
    await enrolling(report, server.port, await issuer.tokens(callers, 'enrollment-workflow'));
  } finally {
    await server.stop();
    await issuer.close();
    await rm(folder, { recursive: true });
  }
};

async function reading(report: Report, what: 'show' | 'list', aim: Aim): Promise<void> {
  const bytes = await sizeOf(aim);
  const bare = await startServer('bench/http/bare-server.ts', (port) => [String(port), String(bytes)]);
  try {
    const yardstick = `node:http ${process.version} answering the same ${bytes} bytes from memory, no token looked at; 16 connections`;
    const claim = { name: `http-${what}-vs-bare`, runs, reach: 'none', yardstick };
    const p99: number[] = [];
    const rates: number[] = [];
    const ours = async () => {
      const { perSecond, durations } = await load(aim, requestsPerRun);
      p99.push(quantile(durations, 0.99));
      rates.push(perSecond);
      return perSecond;
    };
    const theirs = async () => (await load({ ...aim, port: bare.port }, requestsPerRun)).perSecond;
    report.result(await compare(claim, ours, theirs));
    const taken = (samples: number[]) => async () => samples.shift() ?? Number.NaN;
    const alone = `${what} at ${enrollments} enrollments, 16 connections, client on the same two cores`;
    const named = (suffix: string) => ({
      name: `http-${what}-${suffix}`,
      runs,
      reach: 'none',
      yardstick: alone,
    });
    report.result(await measure(named('per-s'), 'requests/s', taken(rates)));
    report.result(await measure(named('p99-ms'), 'ms', taken(p99)));
  } finally {
    await bare.stop();
  }
}

async function sizeOf({ port, path, tokens }: Aim): Promise<number> {
  const authorization = `Bearer ${tokens[0]}`;
  const answer = await fetch(`http://127.0.0.1:${port}${path(0)}`, { headers: { authorization } });
  if (!answer.ok) throw new Error(`${path(0)} was answered ${answer.status}`);
  return (await answer.arrayBuffer()).byteLength;
}

async function enrolling(report: Report, port: number, tokens: readonly string[]): Promise<void> {
  const perRun = 10;
  const direct = await openEnrolling('ECC_NIST_P256');
  const overHttp = await enrollOverHttp({ port, tokens });
  try {
    const yardstick = `the same use cases called in one process, the event published and the queues drained; P-256, ${perRun} a run, one after the other; Node ${process.version}`;
    const claim = { name: 'http-enroll-vs-direct', runs, reach: 'none', yardstick };
    report.result(await compare(claim, timed(perRun, overHttp), timed(perRun, direct.enrollOne)));
  } finally {
    await direct.close();
  }
}

function timed(times: number, work: () => Promise<void>): () => Promise<number> {
  return async () => {
    const started = performance.now();
    for (let round = 0; round < times; round++) await work();
    return performance.now() - started;
  };
}
