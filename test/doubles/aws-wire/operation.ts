import type { IncomingMessage } from 'node:http';

/**
 * Which operation of an AWS service a request asks for: by its `X-Amz-Target` (the JSON protocols), by `Action` in its form (the
 * query protocol), or as S3 has it, by method and what the query names.
 * @returns as in `PutItem`
 */
export function operationOf(
  { method = '', url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  body: Buffer,
): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    return new URLSearchParams(body.toString('utf8')).get('Action') ?? method;
  }
  const query = new URL(url, 'http://localhost').searchParams;
  const named = query.get('x-id');
  if (named !== null) return named;
  const verb = verbs[method] ?? method;
  const part = parts.find(([name]) => query.has(name));
  return part === undefined ? `${verb}Object` : part[1](verb);
}

const verbs: Readonly<Record<string, string>> = { PUT: 'Put', GET: 'Get', HEAD: 'Head', DELETE: 'Delete' };

const parts: readonly [name: string, operation: (verb: string) => string][] = [
  ['retention', (verb) => `${verb}ObjectRetention`],
  ['versioning', (verb) => `${verb}BucketVersioning`],
  ['object-lock', (verb) => `${verb}ObjectLockConfiguration`],
  ['versions', () => 'ListObjectVersions'],
  ['list-type', () => 'ListObjectsV2'],
];
