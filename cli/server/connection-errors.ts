import { ConnectionError, EscrowError } from '#domain/errors.ts';
import { isLoopback } from './settings.ts';

/** What went wrong on the way, by the error code of Node that names it. */
const troubles: Readonly<Record<string, { why: string; next: string }>> = {
  ENOTFOUND: { why: 'no machine of that name is known', next: 'Check the address of the server.' },
  EAI_AGAIN: { why: 'its name could not be looked up', next: 'Check your network, then run the same again.' },
  ECONNRESET: { why: 'it broke off the connection', next: 'Run the same again.' },
  UND_ERR_SOCKET: { why: 'it broke off the connection', next: 'Run the same again.' },
  ETIMEDOUT: { why: 'it did not answer in time', next: 'Check its address and your network.' },
  UND_ERR_CONNECT_TIMEOUT: { why: 'it did not answer in time', next: 'Check its address and your network.' },
  EHOSTUNREACH: { why: 'no way leads there', next: 'Check its address and your network.' },
  ENETUNREACH: { why: 'no way leads there', next: 'Check its address and your network.' },
  CERT_HAS_EXPIRED: { why: 'its TLS certificate has expired', next: 'Tell the operator.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: 'its TLS certificate is of another name',
    next: 'Check the address of the server.',
  },
};

const unknownAuthority = {
  why: 'its TLS certificate is of an authority that this machine does not know',
  next: "Name the authority's certificate file in NODE_EXTRA_CA_CERTS, if it is your organization's.",
};

/**
 * What a failed `fetch` means to a person.
 * @param server the URL that was asked
 */
export function connectionError(server: string, thrown: unknown): EscrowError {
  if (thrown instanceof EscrowError) return thrown;
  return new ConnectionError('server-unreachable', {
    field: server,
    ...trouble(server, thrown),
    cause: thrown,
  });
}

/**
 * Whether a server that was not reached once may be in a moment. Nothing that answers, a name that is not known, or a wrong
 * certificate stays as it is, unless the same run had an answer before.
 */
export function mayBeOverSoon(error: EscrowError): boolean {
  return error.code !== 'server-unreachable' || !lasting.test(codeOf(error.cause));
}

const lasting = /^ECONNREFUSED$|^ENOTFOUND$|UNREACH$|CERT|SIGNED|ISSUER|SSL|TLS|EPROTO|^HPE_/;

function trouble(server: string, thrown: unknown): { why: string; next: string } {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') {
    return { why: 'it did not answer in time', next: 'Run the same again, or wait longer with --timeout.' };
  }
  const code = codeOf(thrown);
  if (code === 'ECONNREFUSED') return { why: 'nothing answers there', next: startIt(server) };
  const known = troubles[code];
  if (known !== undefined) return known;
  if (/CERT|SIGNED|ISSUER/.test(code)) return unknownAuthority;
  if (/SSL|TLS|EPROTO|HPE_/.test(code)) {
    return {
      why: 'it does not speak as a server of this service does',
      next: 'Check http or https in its address.',
    };
  }
  return {
    why: `it was not reached${code === '' ? '' : ` (${code})`}`,
    next: 'Check its address and your network.',
  };
}

function startIt(server: string): string {
  return isLoopback(new URL(server))
    ? 'Is the server running? Start it with: npm start'
    : 'Check the address, and whether the server is running.';
}

/** The code of the innermost error that has one: `fetch` wraps it, and so does trying several addresses of one name. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if (thrown.cause !== undefined) return codeOf(thrown.cause);
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown instanceof AggregateError ? codeOf(thrown.errors[0]) : '';
}
