import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oidc from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Account } from '#contract/api/accounts.ts';
import { Secret } from '#domain/secret.ts';
import { type Identity, openIdentity } from '#local/identity/identity.ts';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { createTokenVerifier, type TokenVerifier } from '#runtime/tokens/token-verifier.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { Browser } from './browser.ts';

export const password = 'a long enough password';

/** The evaluation issuer behind a server of its own on this machine, and what tests ask of it. */
export interface Running {
  origin: string;
  issuer: string;
  folder: string;
  identity: Identity;
  ledger: MemoryLedger;
  /** The clock by which tries are counted. */
  clock: ManualClock;
  /** A verifier that has its keys over the network, as a handler has. */
  verifier: TokenVerifier;
  /** What failed inside. */
  failures: Error[];
  browser(): Browser;
  person(subject: string, roles: Account['roles']): Promise<void>;
  /** The command line, as an OpenID client. */
  commandLine(): Promise<oidc.Configuration>;
  /** An `Authorization` header of somebody who signs in by password. */
  bearer(subject: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts it over a folder. @param port the one it had before, for a restart */
export async function startIdentity(folder: string, port = 0): Promise<Running> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const issuer = `${origin}/identity`;
  const ledger = new MemoryLedger();
  const clock = new ManualClock();
  const failures: Error[] = [];
  const onFailure = (error: Error) => failures.push(error);
  const identity = await openIdentity({ folder, issuer, organization: 'acme', ledger, clock, onFailure });
  server.on('request', (request, response) => identity.handle(request, response));
  const settings = tokenSettings({ issuer, audience: 'urn:enrollment-key-escrow' });
  const commandLine = () =>
    oidc.discovery(new URL(issuer), 'escrow-cli', undefined, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    });
  return {
    ...{ origin, issuer, folder, identity, ledger, clock, failures, commandLine },
    verifier: createTokenVerifier({ ...settings, clock: { now: () => new Date() } }),
    browser: () => new Browser(origin),
    person: async (subject, roles) => {
      const account = { subject, displayName: subject, kind: 'person', roles } as const;
      await identity.accounts.add(account, Secret.fromText(password));
    },
    bearer: async (username) => {
      const tokens = await oidc.genericGrantRequest(await commandLine(), 'password', { username, password });
      return `Bearer ${tokens.access_token}`;
    },
    close: async () => {
      identity.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * One for each test of the file, with Ada who is a subscriber, and Root the administrator. Their passwords are hashed once,
 * since that takes its time.
 */
export function runningIdentity(): () => Running {
  let template: string;
  let running: Running;
  beforeAll(async () => {
    template = temporaryFolder();
    const first = await startIdentity(template);
    await first.person('root', ['administrator']);
    await first.person('ada', ['subscriber']);
    await first.close();
  });
  afterAll(() => rmSync(template, { recursive: true }));
  beforeEach(async () => {
    const folder = temporaryFolder();
    copyFileSync(join(template, 'accounts.json'), join(folder, 'accounts.json'));
    running = await startIdentity(folder);
  });
  afterEach(async () => {
    await running.close();
    rmSync(running.folder, { recursive: true });
  });
  return () => running;
}

/** A folder of its own; whoever asks removes it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'escrow-identity-'));
}
