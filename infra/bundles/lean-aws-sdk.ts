import { readFile } from 'node:fs/promises';
import type { Plugin, PluginBuild } from 'esbuild';
import { withClassNames } from './class-names.ts';

/**
 * Leaves out of the AWS SDK what no function of ours uses and the bundler cannot know of, which is half of what a client
 * brings and costs as much of its start:
 *
 * - What looks for credentials everywhere (profiles, sign-ins, other machines) brings six more clients. AWS Lambda puts a
 *   function's credentials into its environment, and every other setting; there are no files of settings.
 * - What is for operations that stream events is brought along where no such operation is used; and, being loaded later, it
 *   keeps all that it shares with the rest in functions of its own, which nothing unused is left out of.
 * - The descriptions of all operations are kept for the sake of the few in use, since their keys are computed: of constants.
 * - Each error that a service may answer with has a class of its own. Ours are told apart by name, which the class of all errors
 *   of the service has too.
 * - What stands in for what Node lacks, where Node has it: hashes in JavaScript, streams as browsers have them. What it asks Node
 *   meanwhile loads more of Node than all else of the SDK that is not used.
 * - Files as the body of a request: the mere question whether a body is one loads what Node reads files with.
 */
export const leanAwsSdk: Plugin = {
  name: 'lean-aws-sdk',
  setup(build) {
    replace(build, {
      module: /^@aws-sdk\/credential-provider-node$/,
      by: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
    });
    replace(build, { module: /^@smithy\/core\/event-streams$/, by: noEventStreams });
    replace(build, { module: /^mnemonist\/lru-cache$/, by: unboundedCache });
    build.onLoad({ filter: /[\\/]loadSharedConfigFiles\.js$/ }, () => ({ contents: noConfigFiles }));
    for (const part of leftOut) leaveOut(build, part);
    edit(build, { file: /[\\/]calculateBodyLength\.js$/, text: 'body instanceof ReadStream', by: 'false' });
    build.onLoad({ filter: /[\\/]endpoint[\\/]bdd\.js$/ }, async ({ path }) => ({
      contents: await withDataAsText(await readFile(path, 'utf8')),
    }));
    build.onLoad({ filter: /[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => ({
      contents: withPlainConstants(withoutErrorClasses(await readFile(path, 'utf8'))),
    }));
    build.onLoad({ filter: /[\\/]dist-es[\\/].*(?:[eE]xceptions?|NoOpLogger)\.js$/ }, async ({ path }) => ({
      contents: withClassNames(await readFile(path, 'utf8')),
    }));
  },
};

interface Replacement {
  module: RegExp;
  by: string;
}

/** A client of a service that has such operations is made with these, and uses them in those operations only. */
const noEventStreams = `
export const resolveEventStreamSerdeConfig = (config) => config;
export const eventStreamSerdeProvider = undefined;
export class EventStreamSerde { constructor() { throw new TypeError('event streams are left out'); } }`;

/** As where there are none. */
const noConfigFiles = `
export { CONFIG_PREFIX_SEPARATOR } from './constants';
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`;

/** Of what the endpoints of a service are kept in, where it has them looked up by its clients; no function of ours does. */
const unboundedCache = `
export default class extends Map { constructor() { super(); } peek(key) { return this.get(key); } }`;

/** A module of which nothing is used, and the classes and functions that others import from it. */
interface LeftOut {
  file: RegExp;
  names: readonly string[];
}

const leftOut: readonly LeftOut[] = [
  { file: /[\\/]Md5Js\.js$/, names: ['Md5Js'] },
  { file: /[\\/]Sha1Js\.js$/, names: ['Sha1Js'] },
  { file: /[\\/]Sha256Js\.js$/, names: ['Sha256Js'] },
  { file: /[\\/]Crc32Js\.js$/, names: ['Crc32Js'] },
  { file: /[\\/]ChecksumStream\.browser\.js$/, names: ['ChecksumStream'] },
  { file: /[\\/]createChecksumStream\.browser\.js$/, names: ['createChecksumStream'] },
  { file: /[\\/]sdk-stream-mixin\.browser\.js$/, names: ['sdkStreamMixin'] },
];

/** Whoever uses it all the same is told so, and is not served wrongly. */
function leaveOut(build: PluginBuild, { file, names }: LeftOut): void {
  const contents = names.map(
    (name) => `export function ${name}() { throw new TypeError('${name} is left out of bundles'); }`,
  );
  build.onLoad({ filter: file }, () => ({ contents: contents.join('\n') }));
}

interface Edit {
  file: RegExp;
  text: string;
  by: string;
}

/** @throws Error if the file does not say that, as another version of the SDK may not */
function edit(build: PluginBuild, { file, text, by }: Edit): void {
  build.onLoad({ filter: file }, async ({ path }) => {
    const module = await readFile(path, 'utf8');
    if (!module.includes(text)) throw new Error(`${path} has no "${text}" to be replaced`);
    return { contents: module.replaceAll(text, by) };
  });
}

function replace(build: PluginBuild, { module, by }: Replacement): void {
  const namespace = `in-place-of-${module.source}`;
  build.onResolve({ filter: module }, ({ path, resolveDir }) => ({
    path,
    namespace,
    pluginData: resolveDir,
  }));
  build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({ contents: by, resolveDir: pluginData }));
}

/**
 * The rules by which a service's endpoint is found, as JSON: they are data of many small parts, which are read in less time than
 * code that puts them together.
 */
async function withDataAsText(module: string): Promise<string> {
  const [line = ''] = /^import \{ BinaryDecisionDiagram \} .*$/m.exec(module) ?? [];
  const telling = 'const BinaryDecisionDiagram = { from: (...parts) => parts };';
  const told = encodeURIComponent(module.replace(line, telling));
  const { bdd } = await import(`data:text/javascript,${told}`);
  const [nodes, ...rest] = bdd;
  const data = JSON.stringify([[...nodes], ...rest]);
  return `${line}
    const [nodes, ...rest] = JSON.parse(${JSON.stringify(data)});
    export const bdd = BinaryDecisionDiagram.from(new Int32Array(nodes), ...rest);`;
}

/**
 * `{ [_a]: _b }` becomes `{ "abc": "bcd" }` where `const _a = "abc";` stands in the same module: a list of constants is kept as one, and
 * one of names is put together as the module is loaded.
 */
function withPlainConstants(module: string): string {
  const declared = /^const (_\w+|n\d+) = ("[^"\\]*");$/gm;
  const constants = new Map([...module.matchAll(declared)].map(([, a = '', b]) => [a, b]));
  return module
    .replaceAll(declared, '')
    .replaceAll(/\[(_\w+)\]: /g, (all, name: string) => {
      const text = constants.get(name);
      return text === undefined ? all : `${text}: `;
    })
    .replaceAll(/(?<![\w$."'])(?:_\w+|n\d+)(?![\w$"'])/g, (name) => constants.get(name) ?? name);
}

/** Without the registration of the classes, nothing uses them; that of the one for all errors is `_s_registry`'s. */
function withoutErrorClasses(module: string): string {
  return module.replaceAll(/^n\d+_registry\.registerError\(.*\);$/gm, '');
}
