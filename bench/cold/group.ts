import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FunctionName, type FunctionSpec, functions } from '#contract/functions.ts';
import { DeployedService } from '#test/support/deployed-service.ts';
import { type FunctionToStart, startFunction } from '#test/support/lambda-function.ts';
import { bundleFunctions } from '../../infra/bundles/bundle-functions.ts';
import { compare, measure } from '../measure.ts';
import type { Group } from '../result.ts';

const runs = 15;
const entry = 'empty/handler';

/** Functions that ask policies bring Cedar, and load it at their start. */
const reaches = { usual: '<=2.1', withPolicy: '<=3.5' } as const;

/** Whether a bundle has Cedar's WebAssembly beside it. */
async function asksPolicy(bundleFolder: string): Promise<boolean> {
  return (await readdir(bundleFolder)).some((name) => name.endsWith('cedar_wasm_bg.wasm'));
}

/** Nobody asks while a function starts. */
const tokens = { issuer: 'http://127.0.0.1:1', audience: 'escrow' };

/**
 * The start of each function's bundle, as near to that on AWS Lambda as this machine comes: a process with the client of the
 * Runtime API, from its beginning until it asks for its first event, beside the same with a handler that does nothing. All of
 * AWS that a function asks meanwhile stands in on loopback.
 */
export const cold: Group = async (report, wanted) => {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  const sources = import.meta.dirname;
  const empty = bundleFunctions({ entries: [entry], sources, outFolder: folder, custody: 'kms' });
  const service = await DeployedService.start(tokens);
  const nothing = { name: 'nothing', bundleFolder: empty[entry] ?? '' };
  const yardstick = `a handler that does nothing, under the same aws-lambda-ric 4.0.2; Node ${process.version}`;
  try {
    for (const name of Object.keys(functions).filter(isFunctionName)) {
      if (!wanted(`cold-start-${name}`)) continue;
      const spec: FunctionSpec = functions[name];
      const bundleFolder = service.bundles[spec.entry] ?? '';
      const ours = { name, bundleFolder, environment: service.environmentOf(name) };
      const reach = (await asksPolicy(bundleFolder)) ? reaches.withPolicy : reaches.usual;
      const claim = { name: `cold-start-${name}`, runs, reach, yardstick };
      report.result(await compare(claim, start(ours), start(nothing)));
      const size = {
        name: `cold-size-${name}`,
        runs: 1,
        reach: 'none',
        yardstick: 'the module that is read at the start',
      };
      report.result(
        await measure(size, 'bytes', async () => (await stat(join(bundleFolder, 'index.mjs'))).size),
      );
    }
  } finally {
    await service.close();
    await rm(folder, { recursive: true });
  }
};

/** Milliseconds. */
function start(spec: FunctionToStart): () => Promise<number> {
  return async () => {
    const started = await startFunction(spec);
    await started.stop();
    return started.initMilliseconds;
  };
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}
