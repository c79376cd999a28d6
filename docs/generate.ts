import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { eventSchemas } from '#contract/events.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { errorTable } from '#domain/error-codes.ts';

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

/** Schemas describe text as it is after trimming and NFC, so whoever sends it so is never refused for it. */
const conversion: ConversionConfig = {
  target: 'draft-2020-12',
  // A check over several fields has no form in JSON Schema; its message says what to do.
  ignoreActions: ['transform', 'partial_check'],
  overrideAction: ({ valibotAction, jsonSchema }) => {
    if (valibotAction.type !== 'regex' || !('requirement' in valibotAction)) return undefined;
    const { requirement } = valibotAction;
    // JSON Schema reads patterns as Unicode ones (2020-12 core, section 6.4).
    return requirement instanceof RegExp && requirement.flags === 'u'
      ? { ...jsonSchema, pattern: requirement.source }
      : undefined;
  },
};

/**
 * The documents that follow from the code, by their path under `docs/`: a JSON Schema an event, that of the envelope, and
 * the table of error codes.
 */
export function generatedDocuments(): Map<string, string> {
  const documents = new Map([[`events/${envelopeFile}`, toText(envelope)]]);
  for (const [name, schema] of Object.entries(eventSchemas)) {
    documents.set(`events/${name}.schema.json`, toText(eventSchema(name, toJsonSchema(schema, conversion))));
  }
  return documents.set('errors.md', errorsPage());
}

function eventSchema(name: string, { $schema: _dialect, ...data }: JsonSchema) {
  const consumers = Object.entries(subscriptions)
    .filter(([, types]) => types.some((type) => type === name))
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

/** Lists of words stand on one line, as the project's formatter wants them. */
function toText(document: object): string {
  const text = JSON.stringify(document, undefined, 2);
  const oneLine = text.replace(
    /\[\n([^[\]{}]*?)\n\s*\]/g,
    (_list, words: string) => `[${words.trim().replace(/,\s+/g, ', ')}]`,
  );
  return `${oneLine}\n`;
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
