import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { webhookHeaders, webhookSecret, writtenSecret } from '#crypto/webhook-signature.ts';
import { Secret } from '#domain/secret.ts';

const macKey = randomBytes(32);
const mac = async (message: Uint8Array) => createHmac('sha256', macKey).update(message).digest();
const createdAt = '2026-01-05T08:00:00.000Z';
const name = { organization: 'acme', webhookId: 'whk_1', createdAt, generation: 1 };
const body = '{"specversion":"1.0","data":{"note":"Zoë 王\\u2028"}}';

/** Headers as `standardwebhooks` wants them. */
const plain = (headers: object): Record<string, string> => Object.fromEntries(Object.entries(headers));

describe('a signed delivery', () => {
  it('is verified by the library of Standard Webhooks, by the secret as it is told', async () => {
    const secret = await webhookSecret(name, mac);
    const told = writtenSecret(secret).text();
    expect(told).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const headers = webhookHeaders({ id: 'msg_1', time: new Date(), body }, [secret]);
    expect(new Webhook(told).verify(body, plain(headers))).toEqual(JSON.parse(body));
  });

  it('is signed as the library signs, whatever is sent', async () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(bytes, fc.stringMatching(/^msg_\w{1,30}$/), time, fc.string(), (key, id, at, text) => {
        const theirs = new Webhook(Buffer.from(key).toString('base64')).sign(id, at, text);
        const headers = webhookHeaders({ id, time: at, body: text }, [new Secret(key)]);
        expect(headers['webhook-signature']).toBe(theirs);
        expect(headers['webhook-timestamp']).toBe(String(Math.floor(at.getTime() / 1000)));
      }),
    );
  });

  it('is not verified once its id, its time, its body or the secret is another', async () => {
    const secret = await webhookSecret(name, mac);
    const verifier = new Webhook(writtenSecret(secret).text());
    const headers = plain(webhookHeaders({ id: 'msg_1', time: new Date(), body }, [secret]));
    const later = String(Number(headers['webhook-timestamp']) + 1);
    const verifying = [
      () => verifier.verify(`${body} `, headers),
      () => verifier.verify(body, { ...headers, 'webhook-id': 'msg_2' }),
      () => verifier.verify(body, { ...headers, 'webhook-timestamp': later }),
      () => new Webhook(randomBytes(32).toString('base64')).verify(body, headers),
    ];
    for (const verify of verifying) expect(verify).toThrow('No matching signature found');
  });

  it('under two secrets is verified by either', async () => {
    const secrets = await Promise.all(
      [2, 1].map((generation) => webhookSecret({ ...name, generation }, mac)),
    );
    const headers = plain(webhookHeaders({ id: 'msg_1', time: new Date(), body }, secrets));
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const secret of secrets) {
      expect(new Webhook(writtenSecret(secret).text()).verify(body, headers)).toEqual(JSON.parse(body));
    }
  });
});

describe('a signing secret', () => {
  it('is always the same for the same name, and another for any other', async () => {
    const names = [
      name,
      { ...name, generation: 2 },
      { ...name, webhookId: 'whk_2' },
      { ...name, organization: 'acme-2' },
      { ...name, createdAt: '2026-01-05T08:00:00.001Z' },
      { ...name, organization: 'acme","whk_1', webhookId: '' },
    ];
    const secrets = await Promise.all(names.map(async (each) => (await webhookSecret(each, mac)).text()));
    expect(new Set(secrets).size).toBe(names.length);
    expect((await webhookSecret({ ...name }, mac)).text()).toBe(secrets[0]);
  });

  it('is the MAC of a message that no password lock ever has, so neither tells anything of the other', async () => {
    const messages: string[] = [];
    await webhookSecret(name, async (message) => {
      messages.push(new TextDecoder().decode(message));
      return mac(message);
    });
    expect(messages).toEqual([
      'enrollment-key-escrow/v1/webhook-signing-secret\0["acme","whk_1","2026-01-05T08:00:00.000Z",1]',
    ]);
    // What a password lock has taken the MAC of begins with this.
    expect(messages[0]?.startsWith('enrollment-key-escrow/v1/lock-by-password\0')).toBe(false);
  });

  it('passes on what custody throws', async () => {
    const failure = new TypeError('custody is gone');
    const failing = async () => {
      throw failure;
    };
    await expect(webhookSecret(name, failing)).rejects.toBe(failure);
  });

  it('is shown by nothing that prints it', async () => {
    const secret = writtenSecret(await webhookSecret(name, mac));
    expect([String(secret), JSON.stringify({ secret })]).toEqual(['[secret]', '{"secret":"[secret]"}']);
  });
});
