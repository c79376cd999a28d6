import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { eventSchemas } from '#contract/events.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { errorTable } from '#domain/error-codes.ts';
import { conversion } from './json-schema.ts';
import { openApi } from './openapi.ts';
import { pfxTargetsPage } from './pfx-targets-page.ts';

const dialect = 'https://json-schema.org/draft/2020-12/schema';
const envelopeFile = 'cloud-event.schema.json';

/** What every event has around its data (CloudEvents 1.0.2, JSON format). */
const envelope = {
  $schema: dialect,
  title: 'CloudEvent',
  description:
    'An event as it travels: CloudEvents 1.0 attributes, JSON data. The same id and source is the same event.',
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1, description: 'Unique for the source.' },
    source: {
      type: 'string',
      pattern: '^/organizations/[^/]+(?:/|$)',
      description: 'The organization, and the enrollment that bore the event where one did.',
    },
    type: { type: 'string', minLength: 1, description: 'What happened, in the past tense.' },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
  },
  required: ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'data'],
};

/**
 * The documents that follow from the code, by their path under `docs/`: a JSON Schema an event, that of the envelope, the
 * table of error codes, the systems that PFX files are for, and the description of the API.
 */
export function generatedDocuments(): Map<string, string> {
  const documents = new Map([[`events/${envelopeFile}`, toText(envelope)]]);
  for (const [name, schema] of Object.entries(eventSchemas)) {
    documents.set(`events/${name}.schema.json`, toText(eventSchema(name, toJsonSchema(schema, conversion))));
  }
  return documents
    .set('errors.md', errorsPage())
    .set('pfx-targets.md', pfxTargetsPage())
    .set('openapi.json', toText(openApi()));
}

function eventSchema(name: string, { $schema: _dialect, ...data }: JsonSchema) {
  const consumers = Object.entries(subscriptions)
    .filter(([, { types }]) => types.some((type) => type === name))
    .map(([consumer]) => consumer);
  const taken =
    consumers.length === 0 ? 'Nothing here is set to work by it.' : `Sets to work: ${consumers.join(', ')}.`;
  return {
    $schema: dialect,
    title: name,
    description: taken,
    allOf: [{ $ref: envelopeFile }],
    properties: { type: { const: name }, data },
  };
}

/** What the project's formatter puts on one line. */
const longestLine = 110;

/** Lists of words stand on one line where they fit, as the project's formatter wants them. */
function toText(document: object): string {
  const text = JSON.stringify(document, undefined, 2);
  const wrapped = text.replace(
    /^(.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm,
    (list, before: string, words: string, comma: string) => {
      const oneLine = `${before}[${words.trim().replace(/,\s+/g, ', ')}]${comma}`;
      return oneLine.length <= longestLine ? oneLine : list;
    },
  );
  return `${wrapped}\n`;
}

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { family, retry, meaning, next }]) =>
      `| \`${code}\` | ${family} | ${retry ? 'yes' : 'no'} | ${meaning} | ${next} |`,
  );
  return [
    '# Error codes',
    '',
    'Every code that a caller can meet. *Again*: whether the same call may succeed later, unchanged. A message may say more than',
    'this table; it never holds a secret or a value that was sent.',
    '',
    '| code | family | again | meaning | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

async function writeDocuments(): Promise<void> {
  for (const [name, text] of generatedDocuments()) {
    const path = join(import.meta.dirname, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

if (import.meta.main) await writeDocuments();
