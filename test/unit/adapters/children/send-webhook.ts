/** Sends a webhook, and then the same as any program would, to show whether the environment names a proxy; prints both answers. */
import { once } from 'node:events';
import { request } from 'node:http';
import { HttpWebhookSender } from '#adapters/webhooks/http-webhook-sender.ts';

const url = process.argv[2] ?? '';
const sender = new HttpWebhookSender({ now: () => new Date() }, { allowedTargets: ['127.0.0.0/8'] });
const { status } = await sender.send({ url, headers: {}, body: '{}' });
const [response] = await once(request(url, { method: 'POST' }).end(), 'response');
process.stdout.write(`${status} ${response.statusCode}\n`);
process.exit();
