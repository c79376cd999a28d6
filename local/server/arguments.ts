import * as v from 'valibot';
import { identifier } from '#contract/fields.ts';
import { readOptions, wrong } from '../arguments.ts';
import { keyOptions, keyOptionsHelp, readKeyChoice } from '../key-options.ts';
import type { KeyChoice } from '../open-keys.ts';

/** An OpenID Connect issuer of the operator's, in place of the one for evaluation. */
export interface ExternalIssuer {
  issuer: string;
  audience: readonly string[];
  /** The file that says which claims mean what. */
  claims?: string;
}

export interface ServerArguments extends KeyChoice {
  /** 0 for any that is free. */
  port: number;
  data: string;
  /** The organization that the evaluation issuer signs people in to; the one of the data folder if absent. */
  organization?: string;
  issuer?: ExternalIssuer;
  /** Ranges that webhooks may be sent to though they are not public. */
  webhookAllow: readonly string[];
  /** Whether the service makes key pairs of its own, to see each day whether what it escrows opens. */
  canaries: boolean;
  /** A file that each checkpoint of the ledger is appended to. */
  witness?: string;
  /** A file with the keys that signed receipts before. */
  retiredKeys?: string;
  /** The form of the log; by whether standard error is a terminal if absent. */
  log?: 'json' | 'pretty';
  help: boolean;
}

const usualPort = 8420;

export const help = `Serves enrollment key escrow on this machine: the API, sign-in for evaluation, and the work that events cause.

  npm start -- [options]

  --port PORT               where to listen, on 127.0.0.1 only; 0 for any free port   (default ${usualPort})
  --data DIR                where the service keeps its data                          (default .escrow)
${keyOptionsHelp(28)}  --organization ID         whom the built-in issuer signs people in to
                            (default the one of the data folder, or else example)
  --issuer URL              an OpenID Connect issuer of yours, in place of the built-in one
  --audience NAME           what its access tokens must be meant for; may be repeated
  --claims FILE             JSON that says which of its claims mean what
  --webhook-allow CIDR      a range that is not public, and that webhooks may be sent to; may be repeated
  --witness FILE            append each checkpoint of the ledger to this file; keep it elsewhere than DIR
  --retired-keys FILE       a jwks.json with keys that signed receipts before: they stay in the one that is served
  --no-canaries             make no key pair of the service's own each day to see whether backups open
  --pretty                  a log for people, on standard error: so it is on a terminal
  --json-logs               a log for machines, one JSON object a line: so it is elsewhere
  --help                    show this

Traces go by OpenTelemetry to where OTEL_EXPORTER_OTLP_ENDPOINT says, if it is set.
Stop it with Ctrl+C, or SIGTERM to npm or to the server's own process: it finishes what runs, and takes no more. npm may not
wait for that; a supervisor runs node_modules/.bin/node local/server/main.ts itself. A second signal ends it at once; nothing is lost.

Exit status: 0 stopped as asked, 1 it could not start or failed, 2 wrong usage, 130 ended at once.
Examples:
  npm start
  npm start -- --port 9000 --data /var/lib/escrow --keys pkcs11
  npm start -- --keys pkcs11 --token-module /opt/vendor/pkcs11.so --token-label escrow --token-pin file:/run/pin
  npm start -- --webhook-allow 127.0.0.0/8
  npm start -- --issuer https://login.example.org --audience escrow --claims claims.json
`;

/** Reads the command line. @throws SetUpError `usage` */
export function parseServerArguments(args: readonly string[]): ServerArguments {
  const values = readOptions(args, {
    port: { type: 'string', default: String(usualPort) },
    data: { type: 'string', default: '.escrow' },
    ...keyOptions,
    organization: { type: 'string' },
    issuer: { type: 'string' },
    audience: { type: 'string', multiple: true },
    claims: { type: 'string' },
    'webhook-allow': { type: 'string', multiple: true, default: [] },
    witness: { type: 'string' },
    'retired-keys': { type: 'string' },
    'no-canaries': { type: 'boolean', default: false },
    pretty: { type: 'boolean', default: false },
    'json-logs': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { data, organization } = values;
  if (values.pretty && values['json-logs'])
    throw wrong('--pretty', 'cannot be had together with --json-logs');
  const issuer = readIssuer(values);
  if (issuer !== undefined && organization !== undefined) {
    throw wrong('--organization', 'is for the built-in issuer; tokens of another one say it');
  }
  if (organization !== undefined && !v.is(identifier, organization)) {
    throw wrong(
      '--organization',
      'must be letters, digits, dot, dash and underscore, a letter or digit first',
    );
  }
  return {
    ...{ data, port: readPort(values.port), help: values.help },
    ...readKeyChoice(values),
    webhookAllow: values['webhook-allow'],
    canaries: !values['no-canaries'],
    ...(values.witness !== undefined && { witness: values.witness }),
    ...(values['retired-keys'] !== undefined && { retiredKeys: values['retired-keys'] }),
    ...(organization !== undefined && { organization }),
    ...(issuer !== undefined && { issuer }),
    ...(values.pretty && { log: 'pretty' as const }),
    ...(values['json-logs'] && { log: 'json' as const }),
  };
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw wrong('--port', 'must be a number from 0 to 65535');
  return port;
}

interface IssuerOptions {
  issuer?: string | undefined;
  audience?: string[] | undefined;
  claims?: string | undefined;
}

function readIssuer({ issuer, audience, claims }: IssuerOptions): ExternalIssuer | undefined {
  if (issuer === undefined) {
    const lonely = audience !== undefined ? '--audience' : claims !== undefined ? '--claims' : undefined;
    if (lonely !== undefined) throw wrong(lonely, 'needs --issuer beside it');
    return undefined;
  }
  if (audience === undefined) throw wrong('--audience', 'must say what the tokens of --issuer are meant for');
  return { issuer, audience, ...(claims !== undefined && { claims }) };
}
