import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { commandLineClient } from '#contract/api/accounts.ts';
import type { Role } from '#domain/principal.ts';
import type { TestServer } from './server.ts';
import { audience, startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

export const organization = 'example';

/** Who may ask a server, by the tokens of some issuer. */
export interface People {
  /** Options of a server that takes these tokens. */
  options: readonly string[];
  /** An access token of somebody who has just signed in. */
  token(subject: string, role: Role): Promise<string>;
}

/** An issuer of the test's own, and tokens as it wants them. */
export interface OutsidePeople extends People {
  issuer: TokenIssuer;
  /** @param authTime when the person signed in, seconds since 1970 */
  tokenOf(subject: string, roles: readonly Role[], change?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

const now = () => Math.floor(Date.now() / 1_000);

/** People of an issuer that is none of the server's. */
export async function outsidePeople(): Promise<OutsidePeople> {
  const issuer = await startTokenIssuer({ now: () => new Date() });
  const tokenOf: OutsidePeople['tokenOf'] = async (subject, roles, change) => {
    const claims = { organization, sub: subject, roles, auth_time: now(), exp: now() + 3_600, ...change };
    return (await issuer.bearer(claims)).slice('Bearer '.length);
  };
  return {
    issuer,
    options: ['--issuer', issuer.url, '--audience', audience],
    tokenOf,
    token: (subject, role) => tokenOf(subject, [role]),
    close: () => issuer.close(),
  };
}

const machines: readonly Role[] = ['enrollment-workflow'];
const told = v.object({ secret: v.optional(v.string()) });
const granted = v.object({ access_token: v.string() });

/** People of the built-in issuer: accounts that the test makes, by the set-up code first. */
export class EvaluationPeople implements People {
  readonly options: readonly string[] = [];
  /** What each account signs in with. */
  readonly secrets = new Map<string, string>();
  readonly #server: TestServer;
  readonly #tokens = new Map<string, string>();

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** The set-up code, while there is one. */
  setUpCode(): string {
    return readFileSync(join(this.#server.data, 'identity', 'set-up-code'), 'utf8').trim();
  }

  async token(subject: string, role: Role): Promise<string> {
    const kept = this.#tokens.get(subject);
    if (kept !== undefined) return kept;
    if (!this.secrets.has(subject)) await this.#add(subject, role);
    return await this.signIn(subject, machines.includes(role));
  }

  /** Signs somebody in anew. */
  async signIn(subject: string, isMachine = false): Promise<string> {
    const secret = this.secrets.get(subject) ?? '';
    const form: Record<string, string> = isMachine
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'password', client_id: commandLineClient, username: subject, password: secret };
    const basic = `Basic ${Buffer.from(`${subject}:${secret}`).toString('base64')}`;
    const answer = await fetch(`${this.#server.url}/identity/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
      ...(isMachine && { headers: { authorization: basic } }),
    });
    const { access_token: token } = v.parse(granted, await answer.json());
    this.#tokens.set(subject, token);
    return token;
  }

  /** The first administrator is added by the set-up code, and adds the others. */
  async #add(subject: string, role: Role): Promise<void> {
    const isFirst = this.secrets.size === 0;
    const token = isFirst ? this.setUpCode() : await this.token('root', 'administrator');
    const isMachine = machines.includes(role);
    const password = `${subject} ${randomBytes(12).toString('hex')}`;
    const kind = isMachine ? { kind: 'machine' } : { kind: 'person', password };
    const body = { subject, displayName: subject, roles: [role], ...kind };
    const { status, json, text } = await this.#server.call('POST', '/identity/accounts', { token, body });
    if (status !== 201) throw new TypeError(`no account: ${text}`);
    this.secrets.set(subject, v.parse(told, json).secret ?? password);
  }
}
