import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { findNpm } from './npm.ts';
import { type Machine, type Run, SetUpProblem } from './run.ts';

/** The folder, within the project's own, of the small package that brings the client of AWS Lambda's Runtime API. */
const runtimeClientPackage = 'test/runtime-client';

/**
 * Makes sure that the Runtime API's client is there, which bundled functions run under as on AWS Lambda: fetches the locked
 * version where it lacks, and builds its native part, with a curl of its own, for the Node that runs this.
 * @param root the project's folder
 * @throws SetUpProblem where it cannot be fetched, or does not build or load
 */
export function ensureRuntimeClient(root: string, { path, run, say }: Machine): void {
  const folder = join(root, runtimeClientPackage);
  if (loads(folder, run).status === 0) return;
  const npm = findNpm(path, run);
  if (npm === undefined) throw problem('npm is not on the PATH.');
  say("fetching the client of AWS Lambda's Runtime API");
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const fetched = run([process.execPath, npm, 'ci', '--prefix', folder, ...options], { cwd: folder });
  if (fetched.status !== 0) {
    throw problem(`npm could not fetch the client of AWS Lambda's Runtime API:\n${fetched.output}`);
  }
  say(`building it for Node ${process.version}, and its own curl: about a minute`);
  build(folder, path, run);
  const { status, output } = loads(folder, run);
  if (status !== 0)
    throw problem(`The client of AWS Lambda's Runtime API was built and does not load:\n${output}`);
}

/** Loads its native part in a process of its own, which a broken one may end. It wants to know a service when loaded. */
function loads(folder: string, run: Run) {
  const script = `require(${JSON.stringify(join(folder, 'node_modules/aws-lambda-ric/rapid-client.node'))})`;
  return run([process.execPath, '-e', script], {
    env: { ...process.env, AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1' },
  });
}

/** Its own scripts, under this Node and with the headers that came with it: node-gyp would fetch others. */
function build(folder: string, path: string, run: Run): void {
  const headers = resolve(process.execPath, '../..');
  if (!existsSync(join(headers, 'include/node/node_api.h'))) {
    throw problem(`Node's headers are not beside ${process.execPath}, where the pinned Node has them.`);
  }
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${path}`,
    npm_config_nodedir: headers,
  };
  const cwd = join(folder, 'node_modules/aws-lambda-ric');
  for (const script of ['scripts/preinstall.sh', 'scripts/postinstall.sh']) {
    const { status, output } = run(['sh', script], { cwd, env });
    if (status !== 0) {
      throw problem(`The client of AWS Lambda's Runtime API does not build:\n${output.slice(-4_000)}`);
    }
  }
}

function problem(message: string): SetUpProblem {
  return new SetUpProblem(message, 'node_modules/.bin/node test/setup/prepare.ts');
}
