import { ProviderError } from '#domain/errors.ts';

/**
 * Refuses a request that would go to another machine without encryption: keys and PINs travel in what these services are asked
 * and answer. On this machine it may: a stand-in for tests has no certificate.
 * @param request of the AWS SDK, at its `build` step
 * @throws ProviderError `provider-misconfigured`
 */
export function refusePlainHttp(request: unknown): void {
  if (typeof request !== 'object' || request === null) return;
  const { protocol, hostname } = { protocol: '', hostname: '', ...request };
  if (protocol !== 'http:' || isThisMachine(hostname)) return;
  throw new ProviderError('provider-misconfigured', {
    field: 'endpoint',
    why: 'the AWS endpoint that is set is on another machine, and not https',
    next: 'Set an endpoint that begins with https:// (AWS_ENDPOINT_URL, or that of the service), or none, for AWS itself.',
  });
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || /^\[?::1\]?$/.test(host);
}
