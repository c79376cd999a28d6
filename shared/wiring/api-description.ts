import { readFile } from 'node:fs/promises';

const file = new URL('../../docs/openapi.json', import.meta.url);

/** The OpenAPI description of the service, parsed. */
export async function readDescription(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(file, 'utf8'));
}
