import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';

/** How often the state is asked for, in milliseconds. */
const pause = 2;

/**
 * One enrollment after the other over HTTP, each locked to a recipient key, from the request until its answer says
 * `ready`: its key pair is made, and its escrowed backup proved.
 */
export async function enrollOverHttp({ port, tokens }: { port: number; tokens: readonly string[] }) {
  const recipientKey = await exportJWK((await generateKeyPair('ECDH-ES')).publicKey);
  const server = `http://127.0.0.1:${port}`;
  let count = 0;
  return async () => {
    const authorization = `Bearer ${tokens[count++ % tokens.length]}`;
    const asked = await fetch(`${server}/v1/enrollments`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({
        subscriber: { id: 'bench', givenName: 'Bench', familyName: 'Mark', email: 'bench@example.org' },
        purpose: 'encryption',
        keySpec: 'ECC_NIST_P256',
        assurance: 'medium',
        recipientKey,
      }),
    });
    if (asked.status !== 201) throw new Error(`the request was answered ${asked.status}`);
    const location = `${server}${asked.headers.get('location')}`;
    await asked.arrayBuffer();
    for (let polls = 0; ; polls++) {
      const caller = `Bearer ${tokens[(count + polls) % tokens.length]}`;
      const shown = await fetch(location, { headers: { authorization: caller } });
      const { state } = JSON.parse(await shown.text());
      if (state === 'ready') return;
      if (state !== 'accepted' && state !== 'making') throw new Error(`the enrollment ended as ${state}`);
      await setTimeout(pause);
    }
  };
}
