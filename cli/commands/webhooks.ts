import { routes } from '#contract/routes.ts';
import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { type Column, table } from '../terminal/table.ts';
import { checkNotTaken, writeNewFile } from '../write-file.ts';

const columns: readonly Column[] = [
  { heading: 'ID' },
  { heading: 'SENT', least: 4 },
  { heading: 'SINCE' },
  { heading: 'TYPES', shortens: true },
  { heading: 'URL', shortens: true },
];

const webhookOperand = {
  name: 'WEBHOOK',
  required: 'The id of one webhook must be given, as escrow webhooks list shows it.',
} as const;

const secretOut = {
  type: 'string',
  value: 'FILE',
  says: 'where the signing secret goes (mode 0600); it is told this once',
  required: '--secret-out must name the file for the signing secret.',
} as const;

/** Lists webhooks. */
export const listWebhooks = command({
  words: ['webhooks', 'list'],
  group: 'Operate',
  summary: 'list where events are sent',
  about: ['Lists the webhooks of the organization.'],
  options: { json: jsonOption, ...connectionOptions },
  exits: { 0: 'listed', 1: 'not listed', ...serverExits },
  examples: ['escrow webhooks list'],
  async run({ json, ...values }, context) {
    const { output } = context;
    const client = await openClient(values, context);
    const found = await client.call(routes.listWebhooks);
    if (json === true) await writeJson(output, found);
    else if (found.webhooks.length === 0) output.message('There is no webhook.');
    else {
      const rows = found.webhooks.map(({ id, enabled, createdAt, types, url }) => {
        return [id, enabled ? 'yes' : 'no', createdAt.slice(0, 10), types?.join(',') ?? 'all', url];
      });
      await output.data(table(columns, rows));
    }
    return exitStatus.ok;
  },
});

/** Registers a webhook. */
export const addWebhook = command({
  words: ['webhooks', 'add'],
  group: 'Operate',
  summary: 'have events sent to a URL',
  about: [
    'Has events sent to a URL by POST, signed as Standard Webhooks are. The secret to check the signatures with is written to a file, and told this once.',
  ],
  operand: { name: 'URL', required: 'One URL must be given.' },
  options: {
    type: {
      type: 'string',
      value: 'TYPE',
      says: 'an event type to send, as in BackupEscrowed; all if not given',
      multiple: true,
    },
    'secret-out': secretOut,
    json: { ...jsonOption, says: 'print the webhook as JSON, without its secret' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'registered', 1: 'not registered', ...serverExits },
  examples: [
    'escrow webhooks add https://workflow.example.org/escrow --type EnrollmentKeyPairCreated --secret-out webhook.secret.txt',
  ],
  async run({ type, json, 'secret-out': file = '', ...values }, context, url) {
    const { output } = context;
    const client = await openClient(values, context);
    checkNotTaken(file);
    const body = { url, ...(type !== undefined && { types: type }) };
    const { webhook, secret } = await client.call(routes.registerWebhook, { body });
    await writeNewFile(file, `${secret}\n`, 0o600);
    output.message(`Its signing secret is in ${printable(file)}.`);
    if (json === true) await writeJson(output, webhook);
    else await output.data(webhook.id);
    return exitStatus.ok;
  },
});

/** Removes a webhook. */
export const removeWebhook = command({
  words: ['webhooks', 'remove'],
  group: 'Operate',
  summary: 'send events to a URL no more',
  about: ['Removes a webhook; what was not sent yet is not sent any more.'],
  operand: webhookOperand,
  options: { ...connectionOptions },
  exits: { 0: 'removed', 1: 'not removed', ...serverExits },
  examples: ['escrow webhooks remove whk_2mtcvfqa4hq2kzr7w5d3xn6ypb'],
  async run(values, context, webhookId) {
    const client = await openClient(values, context);
    await client.call(routes.removeWebhook, { params: { webhookId } });
    context.output.message('Removed.');
    return exitStatus.ok;
  },
});

/** Changes a webhook's signing secret. */
export const rotateWebhook = command({
  words: ['webhooks', 'rotate'],
  group: 'Operate',
  summary: 'change the signing secret of a webhook',
  about: [
    'Changes the signing secret of a webhook. For a day events are signed with both, so that the receiver can change over.',
  ],
  operand: webhookOperand,
  options: { 'secret-out': secretOut, ...repeatOptions, ...connectionOptions },
  exits: { 0: 'changed', 1: 'not changed', ...serverExits },
  examples: ['escrow webhooks rotate whk_2mtcvfqa4hq2kzr7w5d3xn6ypb --secret-out webhook.secret.new.txt'],
  async run({ 'secret-out': file = '', ...values }, context, webhookId) {
    const client = await openClient(values, context);
    checkNotTaken(file);
    const { secret } = await client.call(routes.rotateWebhookSecret, { params: { webhookId } });
    await writeNewFile(file, `${secret}\n`, 0o600);
    context.output.message(`The new secret is in ${printable(file)}; the old one is good for a day more.`);
    return exitStatus.ok;
  },
});
