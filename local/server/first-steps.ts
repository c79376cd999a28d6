import { resolve } from 'node:path';

/** What a person who starts the server wants to know. */
export interface Started {
  url: string;
  data: string;
  keys: string;
  issuer: string;
  /** Of the built-in issuer; absent where tokens say it. */
  organization?: string;
  isSetUp: boolean;
  /** Where the code stands that lets its reader add the first administrator; absent once there is one. */
  setUpCodePath?: string;
  /** What the token of the service cannot do, a sentence each. */
  lacks: readonly string[];
}

const usualUrl = 'http://127.0.0.1:8420';
const usualCodePath = '.escrow/identity/set-up-code';
const escrow = 'npm run --silent escrow --';

/** Where it listens, what to try first, and how to stop. */
export function firstSteps(started: Started): string {
  const { url, data, keys, issuer, organization } = started;
  const whose = organization === undefined ? `tokens of ${issuer}` : `organization ${organization}`;
  const lines = [
    `Enrollment key escrow listens on ${url}`,
    `  data in ${data}, keys in ${keys}, ${whose}`,
    ...started.lacks.map((lack) => `  not with this token: ${lack}`),
    '',
    ...(started.isSetUp ? whenSetUp(url) : whenNew(started)),
    '',
    `Described at ${url}/openapi.json. Stop it with Ctrl+C: it finishes what runs.`,
  ];
  return `${lines.join('\n')}\n`;
}

function whenNew({ url, setUpCodePath }: Started): string[] {
  return [
    'It is not set up yet. In another terminal:',
    `  ${escrow} init${serverOption(url)}${codeOption(setUpCodePath)}`,
    ...(setUpCodePath === undefined ? [] : [`The code that lets you do so stands in ${setUpCodePath}.`]),
  ];
}

function whenSetUp(url: string): string[] {
  return ['In another terminal:', `  ${escrow} login${serverOption(url)}`, `  ${escrow} --help`];
}

/**
 * The command line finds the code by itself where the server runs with the usual data folder, in this one. Else the path stands there
 * in full: who copies the line may be in another folder.
 */
function codeOption(path: string | undefined): string {
  if (path === undefined || path === usualCodePath) return '';
  return ` --set-up-code-file ${shellWord(resolve(path))}`;
}

/** A word as a POSIX shell takes it for one. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command line finds a server at the usual place by itself. */
function serverOption(url: string): string {
  return url === usualUrl ? '' : ` --server ${url}`;
}
